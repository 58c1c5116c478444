"""Our networks beside sktime's forecasters, in its own benchmark."""
