"""Sphinx settings: guide, reference made from the public names, gallery that is run."""

from __future__ import annotations

import os
import sys
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "2")
sys.path.insert(0, str(Path(__file__).parent / "_ext"))

from public_names import full_names

from stforecast import __version__

project = "stforecast"
author = "stforecast developers"
copyright = "2026, stforecast developers"
version = release = __version__

extensions = [
    "myst_parser",
    "numpydoc",
    "public_names",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "_ext", "_templates", "examples"]
templates_path = ["_templates"]
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

# the page of a module lists its __all__, whichever private module a name is written in
autosummary_generate = True
autosummary_imported_members = True
autosummary_ignore_module_all = False
autodoc_typehints = "none"  # numpydoc's sections say more
numpydoc_show_class_members = False
numpydoc_xref_param_type = True
numpydoc_xref_aliases = full_names()
numpydoc_xref_ignore = "all"  # the types of other libraries have no page here
default_role = "py:obj"  # `FoldTime` in a docstring is a link
# docstrings that estimators inherit from scikit-learn refer to its own glossary
suppress_warnings = ["ref.term", "ref.ref"]

sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "gallery",
    "backreferences_dir": "gallery/backreferences",
    "filename_pattern": "/plot_",
    "within_subsection_order": "gallery_order.TeachingOrder",
    "abort_on_example_error": False,
    "download_all_examples": False,
    "show_memory": False,
    "show_signature": False,
    "ignore_repr_types": r"matplotlib|stforecast\.inspection",  # the picture says it
}

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_exclude = ".linenos, .gp, .go"  # the output of an example is not copied


def _links() -> list[dict[str, str]]:
    """Return the addresses that the package gives of itself, as buttons of the top bar."""
    try:
        addresses = metadata(project).get_all("Project-URL") or []
    except PackageNotFoundError:
        return []
    pairs = [address.split(", ", 1) for address in addresses]
    return [
        {"name": name, "url": url, "icon": "fa-solid fa-code-branch"}
        for name, url in pairs
        if name in {"Repository", "Source"}
    ]


html_theme = "pydata_sphinx_theme"
html_title = f"stforecast {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_favicon = "_static/favicon.svg"
html_baseurl = os.environ.get("DOCS_ADDRESS", "")  # where the site will stand, for its social card
html_copy_source = html_show_sourcelink = False
html_sidebars = {"index": [], "changelog": []}
html_theme_options = {
    "logo": {"text": "stforecast", "image_light": "_static/favicon.svg", "alt_text": "stforecast"},
    "navbar_end": ["version-link", "theme-switcher", "navbar-icon-links"],
    "icon_links": _links(),
    "show_prev_next": True,
    "show_nav_level": 2,
    "navigation_depth": 3,
    "secondary_sidebar_items": {"**": ["page-toc"], "index": []},
    "footer_start": ["copyright"],
    "footer_end": ["sphinx-version"],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
