"""What a network of maps stands on by default, beside each baseline it is chosen from."""
