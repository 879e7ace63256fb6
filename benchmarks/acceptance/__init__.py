"""What only a browser can tell, run by ``make acceptance`` and not with the other tests: it needs Chromium."""
