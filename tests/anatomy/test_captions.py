from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgesynth_gui.anatomy.captions import (
    canonical,
    parse,
    say,
    say_as_paper,
    understand,
)
from lgesynth_gui.anatomy.lexicon import lexicon, slips
from lgesynth_gui.anatomy.territories import TEXTBOOK, Artery
from lgesynth_gui.core.caption import Caption, CaptionRegion, Depth, Extent, Site
from lgesynth_gui.core.errors import NotUnderstood
from lgesynth_gui.core.labels import Level
from tests.anatomy.structures import captions, every_region

MANY = settings(max_examples=300, deadline=None)
BASAL, MID, APICAL, APEX = Level


def walls(depth, segments, level=None, **extra) -> CaptionRegion:
    return CaptionRegion(depth, tuple(segments), Site.WALLS, level, **extra)


def only(text: str) -> CaptionRegion:
    """The one region of a text that is read without a doubt."""
    read = understand(text)
    assert not read.unknown, read
    assert not read.notices, read
    (region,) = read.caption.regions
    return region


def segments(text: str) -> set[int]:
    return {s for region in understand(text).caption.regions for s in region.segments}


# --- say and parse ---------------------------------------------------------------------------


def test_that_the_grammar_has_as_many_regions_as_counted():
    texts = {say(Caption((region,))) for region in every_region()}
    assert len(every_region()) == len(texts) == 2225


def test_that_every_region_is_read_back_from_its_text_strictly_and_leniently():
    for region in every_region():
        text = say(Caption((region,)))
        assert parse(text) == Caption((region,))
        read = understand(text)
        assert (read.caption, read.unknown, read.notices) == (Caption((region,)), (), ())


@MANY
@given(captions())
def test_that_parse_undoes_say(caption):
    assert parse(say(caption)) == canonical(caption)
    assert understand(say(caption)).caption == canonical(caption)


@MANY
@given(captions(), st.randoms(use_true_random=False))
def test_that_the_order_of_regions_and_segments_does_not_change_the_text(caption, random):
    mixed = list(caption.regions)
    random.shuffle(mixed)
    turned = [replace(one, segments=one.segments[::-1]) for one in mixed]
    assert say(Caption(tuple(turned))) == say(caption)


@pytest.mark.parametrize(
    ("region", "text"),
    [
        (walls(Depth.TRANSMURAL, (3,)), "Transmural enhancement in the inferoseptal wall"),
        (
            walls(Depth.MID_WALL, (8, 9), MID, extent=Extent.REGIONAL, patchy=True),
            "Patchy mid-wall enhancement in the mid septal wall",
        ),
        (
            walls(Depth.SUBENDOCARDIAL, (1, 5, 6), BASAL, extent=Extent.EXTENSIVE, no_reflow=True),
            (
                "Extensive subendocardial enhancement in the basal anterior and lateral wall, "
                "with a non-enhancing core"
            ),
        ),
        (
            walls(Depth.SUBEPICARDIAL, (7, 8, 10), MID),
            "Subepicardial enhancement in the mid anterior, anteroseptal and inferior wall",
        ),
        (
            walls(Depth.MIXED_LAYER, (13, 14, 15, 16), APICAL),
            "Mixed-layer enhancement in the apical circumferential wall",
        ),
        (
            walls(Depth.DEEP_SUBEPICARDIAL, (16,), APICAL, extent=Extent.FOCAL),
            "Focal deep subepicardial enhancement in the apical lateral wall",
        ),
        (
            CaptionRegion(Depth.MID_WALL, (), Site.INFERIOR_INSERTION, BASAL),
            "Mid-wall enhancement at the basal inferior RV insertion point",
        ),
        (
            CaptionRegion(Depth.TRANSMURAL, (17,), Site.APEX, APEX),
            "Transmural enhancement at the apex",
        ),
    ],
)
def test_that_a_region_is_said_in_these_words(region, text):
    assert say(Caption((region,))) == text
    assert parse(text) == Caption((region,))


def test_that_insertion_points_are_said_among_the_walls_around_them():
    def one(site):
        return CaptionRegion(Depth.MID_WALL, (), site, BASAL)

    around = [walls(Depth.TRANSMURAL, (number,), BASAL) for number in range(1, 7)]
    caption = Caption((*around, one(Site.INFERIOR_INSERTION), one(Site.ANTERIOR_INSERTION)))
    order = [region.segments or region.site for region in canonical(caption).regions]
    front, back = Site.ANTERIOR_INSERTION, Site.INFERIOR_INSERTION
    assert order == [(1,), front, (2,), (3,), back, (4,), (5,), (6,)]


def test_that_regions_are_said_ring_by_ring_and_no_region_as_no_enhancement():
    apex = CaptionRegion(Depth.TRANSMURAL, (17,), Site.APEX, APEX)
    far, near = walls(Depth.TRANSMURAL, (10,), MID), walls(Depth.MID_WALL, (2,), BASAL)
    assert say(Caption((apex, far, near))) == (
        "Mid-wall enhancement in the basal anteroseptal wall; "
        "transmural enhancement in the mid inferior wall; transmural enhancement at the apex"
    )
    assert say(Caption()) == "No enhancement in the left ventricular myocardium"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "transmural enhancement in the inferior wall",  # no capital
        "Transmural enhancement in the inferior wall.",
        "Transmural enhancement in the posterior wall",
        "Transmural enhancement in the anteroseptal and inferoseptal wall",  # septal
        "Transmural enhancement in the inferior and anterior wall",  # order
        "Transmural enhancement in the apical anteroseptal wall",
        "Transmural enhancement at the apical anterior RV insertion point",
        "Patchy focal mid-wall enhancement in the inferior wall",
        "Focal mid-wall enhancement in the septal wall",
        "Mid-wall enhancement in the inferior wall, with a non-enhancing core",
        "Patchy transmural enhancement in the inferior wall, with a non-enhancing core",
        "Extensive transmural enhancement in the circumferential wall",
        "Focal transmural enhancement at the apex",
        "Transmural scar in the inferior wall",
        "Transmural enhancement in the mid inferior wall; transmural enhancement at the apex; ",
        "Transmural enhancement at the apex; transmural enhancement in the mid inferior wall",
    ],
)
def test_that_parse_takes_only_what_say_writes(text):
    with pytest.raises(NotUnderstood):
        parse(text)


@pytest.mark.parametrize(
    "region",
    [
        walls(Depth.MID_WALL, (1,), no_reflow=True),
        walls(Depth.TRANSMURAL, (1, 2), extent=Extent.FOCAL),
        walls(Depth.TRANSMURAL, (1,), MID),
        walls(Depth.TRANSMURAL, ()),
        CaptionRegion(Depth.TRANSMURAL, (7,), Site.APEX, APEX),
        CaptionRegion(Depth.TRANSMURAL, (), Site.ANTERIOR_INSERTION, APICAL),
        CaptionRegion(Depth.TRANSMURAL, (), Site.ANTERIOR_INSERTION, MID, patchy=True),
    ],
)
def test_that_what_cannot_be_is_not_said(region):
    with pytest.raises(NotUnderstood):
        say(Caption((region,)))


def test_that_the_papers_wording_has_one_region_no_level_and_the_older_names():
    caption = Caption(
        (walls(Depth.MID_WALL, (7,), MID), walls(Depth.TRANSMURAL, (3, 4), BASAL, patchy=True))
    )
    older = "Transmural enhancement in the posteroseptal and posterior wall"
    assert say_as_paper(caption) == older
    assert understand(older).caption == Caption((walls(Depth.TRANSMURAL, (3, 4)),))
    assert say_as_paper(Caption()) == say(Caption())


# --- understand ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "depth"),
    [
        ("subendocardial", Depth.SUBENDOCARDIAL),
        ("endocardial", Depth.SUBENDOCARDIAL),
        ("sub-endocardial", Depth.SUBENDOCARDIAL),
        ("deep subendocardial", Depth.DEEP_SUBENDOCARDIAL),
        ("transmural", Depth.TRANSMURAL),
        ("full thickness", Depth.TRANSMURAL),
        ("full-thickness", Depth.TRANSMURAL),
        ("mid-wall", Depth.MID_WALL),
        ("midwall", Depth.MID_WALL),
        ("mid-myocardial", Depth.MID_WALL),
        ("intramural", Depth.MID_WALL),
        ("epicardial", Depth.SUBEPICARDIAL),
        ("deep subepicardial", Depth.DEEP_SUBEPICARDIAL),
        ("mixed layer", Depth.MIXED_LAYER),
        ("50 %", Depth.SUBENDOCARDIAL),
        ("over half the wall", Depth.DEEP_SUBENDOCARDIAL),
        ("51-75 %", Depth.DEEP_SUBENDOCARDIAL),
        ("51–75%", Depth.DEEP_SUBENDOCARDIAL),
        ("76 to 100 percent", Depth.TRANSMURAL),
        ("> 50 %", Depth.DEEP_SUBENDOCARDIAL),
        ("< 25 %", Depth.SUBENDOCARDIAL),
        ("class 4", Depth.TRANSMURAL),
    ],
)
@pytest.mark.parametrize("frame", ["{} scar in the mid anterior wall", "mid anterior, {}"])
def test_that_depth_words_are_read(words, depth, frame):
    assert only(frame.format(words)) == walls(depth, (7,), MID)


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("anterior", {7}),
        ("posterior", {10}),
        ("posteroseptal", {9}),
        ("posterolateral", {11}),
        ("anteroseptum", {8}),
        ("inferoseptum", {9}),
        ("antero-septal", {8}),
        ("septum", {8, 9}),
        ("free wall", {11, 12}),
        ("lateral", {11, 12}),
        ("global", set(range(7, 13))),
        ("diffuse", set(range(7, 13))),
        ("whole ring", set(range(7, 13))),
        ("inferior and inferolateral", {10, 11}),
        ("LAD", {7, 8}),
        ("RCA territory", {9, 10}),
        ("left circumflex", {11, 12}),
    ],
)
def test_that_wall_words_are_read(words, numbers):
    assert only(f"Transmural, {words}, mid") == walls(Depth.TRANSMURAL, sorted(numbers), MID)


@pytest.mark.parametrize(
    ("words", "level"),
    [
        ("base", BASAL),
        ("basal", BASAL),
        ("mid", MID),
        ("mid-ventricular", MID),
        ("midcavity", MID),
        ("equatorial", MID),
        ("apical", APICAL),
        ("apical third", APICAL),
    ],
)
def test_that_level_words_are_read(words, level):
    assert only(f"transmural {words} anterior infarct").level is level


@pytest.mark.parametrize(
    ("text", "site", "level"),
    [
        ("mid-wall LGE at the anterior hinge point", Site.ANTERIOR_INSERTION, None),
        ("mid-wall basal inferior RV junction", Site.INFERIOR_INSERTION, BASAL),
        ("intramural fibrosis at the mid inferior insertion point", Site.INFERIOR_INSERTION, MID),
        ("mid-wall, apical cap", Site.APEX, APEX),
        ("mid-wall scar at the apex", Site.APEX, APEX),
        ("mid-wall scar in segment 17", Site.APEX, APEX),
    ],
)
def test_that_sites_are_read(text, site, level):
    region = only(text)
    assert (region.site, region.level) == (site, level)


def test_that_both_insertion_points_are_two_regions():
    read = understand("mid-wall at both RV insertion points, basal")
    assert [r.site for r in read.caption.regions] == [
        Site.ANTERIOR_INSERTION,
        Site.INFERIOR_INSERTION,
    ]


@pytest.mark.parametrize(
    ("words", "extent"),
    [
        ("focal", Extent.FOCAL),
        ("small", Extent.FOCAL),
        ("localised", Extent.FOCAL),
        ("localized", Extent.FOCAL),
        ("regional", Extent.REGIONAL),
    ],
)
def test_that_extent_words_are_read(words, extent):
    assert only(f"{words} transmural mid anterior scar").extent is extent


@pytest.mark.parametrize("words", ["large", "widespread", "extensive"])
def test_that_words_for_extensive_are_read(words):
    assert only(f"{words} transmural mid anterior and lateral").extent is Extent.EXTENSIVE


@pytest.mark.parametrize("words", ["patchy", "speckled", "multifocal", "islands of"])
def test_that_texture_words_are_read(words):
    assert only(f"{words} transmural mid anterior scar").patchy


@pytest.mark.parametrize(
    "words",
    ["a non-enhancing core", "MVO", "microvascular obstruction", "no-reflow", "a dark core"],
)
def test_that_words_for_a_core_are_read_and_denied(words):
    assert only(f"transmural infarct of segment 9 with {words}").no_reflow
    assert not only(f"transmural infarct of segment 9 without {words}").no_reflow


@pytest.mark.parametrize(
    "head", ["enhancement", "LGE", "scar", "hyperenhancement", "fibrosis", "infarct"]
)
def test_that_the_head_noun_is_free(head):
    assert only(f"Transmural {head} in the mid anterior wall") == walls(Depth.TRANSMURAL, (7,), MID)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "transmural inferolateral basal",
            "Transmural enhancement in the basal inferolateral wall",
        ),
        (
            "mid-wall septal, basal and mid",
            (
                "Mid-wall enhancement in the basal septal wall; "
                "mid-wall enhancement in the mid septal wall"
            ),
        ),
        (
            "7 50% and 12 25%",
            (
                "Subendocardial enhancement in the mid anterior wall; "
                "subendocardial enhancement in the mid anterolateral wall"
            ),
        ),
        (
            "Subendocardial scar of the anterior wall, transmural in the septum",
            (
                "Subendocardial enhancement in the anterior wall; "
                "transmural enhancement in the septal wall"
            ),
        ),
        (
            "basal anterior and mid inferior transmural",
            (
                "Transmural enhancement in the basal anterior wall; "
                "transmural enhancement in the mid inferior wall"
            ),
        ),
        (
            "Transmural mid anterior scar; apical anterior",
            (
                "Transmural enhancement in the mid anterior wall; "
                "transmural enhancement in the apical anterior wall"
            ),
        ),
        (
            "Subendocardial mid LAD infarct. MVO present.",
            (
                "Subendocardial enhancement in the mid anterior and anteroseptal wall, "
                "with a non-enhancing core"
            ),
        ),
        ("anterior apex, transmural", "Transmural enhancement in the apical anterior wall"),
        (
            "transmural segments 8 to 10",
            "Transmural enhancement in the mid septal and inferior wall",
        ),
    ],
)
def test_that_sentences_are_read(text, said):
    assert say(understand(text).caption) == said


def test_that_arteries_are_read_ring_by_ring_with_the_exact_share():
    read = understand("subendocardial, LAD, 60 %, mid to apex")
    assert segments("subendocardial, LAD, 60 %, mid to apex") == {7, 8, 13, 14, 17}
    assert read.fractions == (0.6, 0.6, 0.6)
    assert {region.depth for region in read.caption.regions} == {Depth.DEEP_SUBENDOCARDIAL}
    assert not read.notices


@pytest.mark.parametrize("artery", Artery)
def test_that_an_artery_alone_means_all_its_segments(artery):
    assert segments(f"transmural {artery.value}") == set(TEXTBOOK[artery])


@given(st.integers(1, 16), st.integers(1, 100))
def test_that_every_segment_and_percentage_is_read(segment, percent):
    read = understand(f"segment {segment}: {percent} %")
    (region,) = read.caption.regions
    assert region.segments == (segment,)
    assert read.fractions == (percent / 100,)
    bounds = {Depth.SUBENDOCARDIAL: 50, Depth.DEEP_SUBENDOCARDIAL: 75, Depth.TRANSMURAL: 100}
    assert region.depth is next(depth for depth, top in bounds.items() if percent <= top)


@given(st.lists(st.integers(1, 16), min_size=1, max_size=6, unique=True))
def test_that_lists_of_segments_are_read_whole(numbers):
    text = "transmural scar in segments " + ", ".join(map(str, numbers))
    assert segments(text) == set(numbers)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("apical inferolateral, transmural", "inferolateral is read as lateral"),
        ("apical posteroseptal, transmural", "inferoseptal is read as septal"),
    ],
)
def test_that_a_wall_the_apex_does_not_have_snaps_with_a_notice(text, word):
    read = understand(text)
    (region,) = read.caption.regions
    assert region.level is APICAL
    assert any(word in notice for notice in read.notices)


def test_that_walls_the_apex_has_do_not_raise_a_notice():
    for wall in ("anterior", "septal", "posterior", "lateral"):
        assert understand(f"apical {wall}, transmural").notices == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("subendocardial transmural mid anterior", "contradict"),
        ("focal extensive transmural mid anterior", "contradict"),
        ("patchy focal transmural mid anterior", "patchy is left out"),
        ("mid-wall septal scar with MVO", "core"),
        ("extensive transmural mid anterior", "regional"),
        ("transmural anterior, septal, inferior", "extensive"),
        ("basal segment 9, transmural", "Segment 9 is mid"),
        ("mid anterior scar", "No depth is named"),
        ("transmural mid inferior LAD", "artery"),
        ("no scar; transmural mid anterior", "deny"),
        ("subendocardial anterior; transmural anterior", "two depths"),
        ("transmural mid septum, diffuse", "walls are taken"),
        ("mid anterior 120 %", "from 0 to 100 %"),
        ("subepicardial 90 % mid anterior", "called transmural"),
        ("mid-wall 70 % mid anterior", "a third"),
        ("transmural apical insertion points", "insertion points"),
        ("patchy transmural apex", "apex"),
    ],
)
def test_that_guesses_and_contradictions_are_told(text, words):
    read = understand(text)
    assert read.caption.regions
    assert any(words in notice for notice in read.notices)
    assert say(read.caption)


def test_that_unknown_words_are_reported_as_written_and_the_rest_is_read():
    read = understand("Flurb transmural mid anterior Wibble")
    assert read.unknown == ("Flurb", "Wibble")
    assert read.caption == Caption((walls(Depth.TRANSMURAL, (7,), MID),))


def test_that_a_word_between_two_walls_is_not_guessed_but_both_are_offered():
    read = understand("transmural interior and septal")
    assert read.unknown == ("interior",)
    assert any("anterior" in n and "inferior" in n for n in read.notices)


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("subndocardial mid anterior", "subendocardial"),
        ("transmrual mid anterior", "transmural"),
        ("transmural mid anterolaterall", "anterolateral"),
        ("transmural mid inferoesptal", "inferoseptal"),
    ],
)
def test_that_slips_are_mended_and_told(text, mended):
    read = understand(text)
    assert not read.unknown
    assert any(mended in notice for notice in read.notices)


@pytest.mark.parametrize(
    "text",
    ["No LGE", "no scar in the mid anterior wall", "normal", "without scar", "segment 7: 0 %"],
)
def test_that_healthy_words_mean_no_region(text):
    assert understand(text).caption == Caption()


def test_that_a_denied_wall_leaves_the_others():
    assert segments("transmural mid anterior, no scar in the septum") == {7}


@pytest.mark.parametrize("text", ["", "  ", "flurb", "subendocardial", "mid", "60 %", "segment 23"])
def test_that_words_without_a_scar_are_refused_with_an_example(text):
    with pytest.raises(NotUnderstood) as told:
        understand(text)
    assert "For example" in told.value.hint


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(sorted(lexicon().words)),
            st.sampled_from(["7", "12", "23", "60 %", "51-75 %", ",", ";", "-", "to", "and", ">"]),
            st.text(max_size=6),
        ),
        max_size=12,
    )
)
def test_that_whatever_is_typed_is_read_as_something_sayable_or_refused(words):
    try:
        read = understand(" ".join(words))
    except NotUnderstood:
        return
    assert parse(say(read.caption)) == read.caption
    assert len(read.fractions) == len(read.caption.regions)
    assert all(part is None or 0 < part <= 1 for part in read.fractions)


# --- lexicon ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b", "count"),
    [("wall", "wall", 0), ("wall", "wal", 1), ("wall", "walls", 1), ("wall", "awll", 1),
     ("wall", "well", 1), ("wall", "welt", 2), ("", "wall", 4)],
)  # fmt: skip
def test_that_wrong_letters_are_counted(a, b, count):
    assert slips(a, b) == slips(b, a) == count


def test_that_no_phrase_means_two_things():
    import tomllib

    from lgesynth_gui.core.assets import bundled

    tables = tomllib.loads((bundled("resources") / "lexicon.toml").read_text(encoding="utf-8"))
    seen: dict[str, tuple[str, str]] = {}
    for name, table in tables.items():
        if name in ("paper", "filler"):
            continue
        for key, phrases in table.items():
            for phrase in phrases:
                meaning = (name.removeprefix("read_"), key)
                assert seen.setdefault(phrase.lower(), meaning) == meaning, phrase
