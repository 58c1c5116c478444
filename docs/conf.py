"""Sphinx settings: guide, reference made from the public names, gallery that is run."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "2")

from stforecast import __version__

project = "stforecast"
author = "stforecast developers"
copyright = "2026, stforecast developers"
version = release = __version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "_templates", "examples"]
templates_path = ["_templates"]
myst_enable_extensions = ["dollarmath"]

# a room's page lists its __all__, whichever private module a name is written in
autosummary_generate = True
autosummary_imported_members = True
autosummary_ignore_module_all = False
autodoc_typehints = "none"  # numpydoc's sections say more
numpydoc_show_class_members = False
# docstrings that estimators inherit from scikit-learn refer to its own glossary
suppress_warnings = ["ref.term", "ref.ref"]

sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "gallery",
    "filename_pattern": "/plot_",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_memory": False,
    "show_signature": False,
    "ignore_repr_types": r"matplotlib|stforecast\.inspection",  # the picture says it
}

html_theme = "pydata_sphinx_theme"
html_title = f"stforecast {version}"
html_theme_options = {"show_prev_next": False, "secondary_sidebar_items": ["page-toc"]}
