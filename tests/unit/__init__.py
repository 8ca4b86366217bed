"""One module of the product at a time: named rows and small properties."""
