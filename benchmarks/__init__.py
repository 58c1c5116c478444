"""Studies of accuracy and of speed; each is run as a module, from the top of the checkout."""
