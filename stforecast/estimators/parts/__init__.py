"""Parts of networks and of their training, as searchable parameters."""
