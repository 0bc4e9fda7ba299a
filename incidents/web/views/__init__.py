"""One module per noun or verb of the pages."""
