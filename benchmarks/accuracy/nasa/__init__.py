"""Seven monthly maps, one and three months ahead, beside climatology."""
