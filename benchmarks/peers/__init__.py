"""The peers: this driver, and those it is measured against."""
