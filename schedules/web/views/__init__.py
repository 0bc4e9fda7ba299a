"""One module per noun of the pages."""
