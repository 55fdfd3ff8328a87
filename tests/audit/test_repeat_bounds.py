"""A site's own bounds of reject rates: taken, printed as the site's, and refused where they make no sense."""

from __future__ import annotations

import pytest

from xrayiq.audit import shipped_repeat_bounds, site_repeat_bounds
from xrayiq.errors import SiteError
from xrayiq.procedures import load_site


def test_a_site_changes_single_bounds_and_each_prints_whose_it_is() -> None:
    own = {"general": {"target": 0.06, "document": "QM 4.2"}, "judging": {"least_images": 100}}
    bounds, shipped = site_repeat_bounds(own, "site.toml"), shipped_repeat_bounds()
    assert (bounds.general.target, bounds.general.target_source) == (0.06, "site.toml, [repeat_audit.general]: QM 4.2")
    assert bounds.general.investigate_source == shipped.general.investigate_source
    assert (bounds.least_images, bounds.judging_source) == (100, "site.toml, [repeat_audit.judging]")
    assert bounds.children == shipped.children and bounds.least_trials == shipped.least_trials
    assert bounds.other_source == shipped.other_source


def test_without_settings_the_bounds_are_the_shipped_ones() -> None:
    assert site_repeat_bounds({}, "site.toml") == shipped_repeat_bounds()


@pytest.mark.parametrize(
    ("text", "found", "needed"),
    [
        ("[repeat_audit.general]\ntarget = 8", "repeat_audit.general: target = 8", "fraction"),
        ('[repeat_audit.children]\ntarget = "5 %"', "repeat_audit.children: target = '5 %'", "0.08 for 8 %"),
        ("[repeat_audit.babies]\ntarget = 0.05", "unknown key 'babies'", "general, children"),
        ("[repeat_audit.general]\ngoal = 0.05", "repeat_audit.general: unknown key 'goal'", "target"),
        ("repeat_audit = 3", "repeat_audit = 3", "a table"),
        ("[repeat_audit]\ngeneral = 0.05", "repeat_audit.general = 0.05", "a table"),
        ("[repeat_audit.judging]\nleast_images = 0", "least_images = 0", "whole number"),
        ("[repeat_audit.judging]\nleast_images = 99.5", "least_images = 99.5", "whole number"),
        ('[repeat_audit.general]\ndocument = ""', "document = ''", "name of a document"),
        ("[repeat_audit.general]\ntarget = 0.2", "target 0.2, investigate 0.1", "target up to investigate"),
        ("[repeat_audit.children]\nsuspiciously_low = 0.04", "suspiciously_low 0.04, target 0.03", "below target"),
    ],
)
def test_bounds_that_make_no_sense_are_refused_by_file_and_key(tmp_path, text, found, needed) -> None:
    path = tmp_path / "site.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SiteError) as caught:
        load_site(path)
    assert caught.value.source == "site.toml"
    assert found in caught.value.found and needed in caught.value.needed
