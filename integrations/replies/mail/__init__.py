"""Mail services calling: receipts of page mails, and the answers that people write to them."""
