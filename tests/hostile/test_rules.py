"""Which test stands for which rule of safe reading; a rule whose test is gone is found here.

A: attacks. G: gates, each tested at its exact limit. W: the process that decodes.
"""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
ATTACKS, GATES, DECODER = "hostile/test_attacks", "io/test_gates", "io/test_decoder"
NIFTI, DICOM, ARCHIVES = "io/test_nifti_gates", "io/test_dicom_read", "hostile/test_archives"
PACKAGES, MUTATED, CORPORA = (
    "hostile/test_packages",
    "hostile/test_mutated_files",
    "hostile/test_corpora",
)

RULES = {  # rule -> (file, test) that fails when it is broken
    "A1": ((ATTACKS, "a01_impossible_sizes"), (GATES, "hostile_sizes_cost_nothing")),
    "A2": ((ATTACKS, "a02_a_deflate_bomb"),),
    "A3": ((ATTACKS, "a03_pictures_that_unpack"),),
    "A4": ((ATTACKS, "a04_a_length_beyond"), (GATES, "lengths_lie_inside")),
    "A5": ((ATTACKS, "a05_deep_nesting"),),
    "A6": (
        (ATTACKS, "a06_a_buffer_that_is_not"),
        (ATTACKS, "a06_a_compressed_picture_that_is_cut"),
        (CORPORA, "every_file_ends"),
    ),
    "A7": ((MUTATED, "damaged_dicom_files"), (DECODER, "every_end_is_one_sentence")),
    "A8": (
        (ATTACKS, "a08_impossible_volumes"),
        (ATTACKS, "a08_a_gzip_bomb"),
        (MUTATED, "damaged_nifti_files"),
    ),
    "A9": (
        (ATTACKS, "a09_impossible_numbers"),
        (ATTACKS, "a09_doubled_and_mixed"),
        ("io/test_separate_slices", "the_refusal_offers"),
    ),
    "A10": ((ATTACKS, "a10_no_name_on_disk"), ("io/test_export", "every_name_says_synthetic")),
    "A11": ((ATTACKS, "a11_the_records_of_a_dicomdir"), (ARCHIVES, "of_a_dicomdir")),
    "A12": ((ATTACKS, "a12_another_formats_preamble"),),
    "A13": (("ui/test_red_pixels", "no_screen_and_no_dialog"),),
    "A15": (("evaluation/test_files", "a15_no_text_becomes"),),
    "A16": ((ARCHIVES, "hostile_archives"), (ARCHIVES, "strange_names"), (ARCHIVES, "up_to_their")),
    "A17": ((PACKAGES, "every_hostile_package"),),
    "A18": ((PACKAGES, "every_hostile_package"), ("registry/test_header", "a_damaged_file")),
    "A19": ((PACKAGES, "every_hostile_package"),),
    "A20": ((PACKAGES, "every_hostile_package"), ("registry/test_strict_json", "size_is_limited")),
    "A21": ((ATTACKS, "a21_special_files"), (GATES, "only_regular_files"), (GATES, "links_are")),
    "A22": ((ATTACKS, "a22_strange_texts"), (ATTACKS, "a22_a_name_of_a_million")),
    "A23": (
        ("io/test_project", "any_changed_byte"),
        ("io/test_project", "a_newer_version"),
    ),
    "A24": ((ATTACKS, "a24_one_identity"),),
    "A25": ((ATTACKS, "a25_one_hostile_file"), (CORPORA, "a25_a_stack_beside")),
    "G1": ((GATES, "only_regular_files"), (GATES, "links_are_followed")),
    "G2": (
        (GATES, "sizes_are_limited"),
        (NIFTI, "g02_and_g34"),
        ("io/test_contours", "what_is_no"),
    ),
    "G3": ((GATES, "folders_are_shallow"),),
    "G4": ((ARCHIVES, "up_to_their_limits"), (ARCHIVES, "an_archive_in_an_archive")),
    "G5": ((GATES, "deflated_contents_stop"),),
    "G10": ((GATES, "dicom_is_known"),),
    "G11": ((GATES, "nesting_is_shallow"), (GATES, "elements_are"), (GATES, "lengths_lie")),
    "G12": ((GATES, "only_mr_images"), (ATTACKS, "an_object_without_a_syntax")),
    "G13": ((GATES, "a_backslash_in_a_text"),),
    "G20": ((GATES, "pixels_are_promised"),),
    "G21": ((GATES, "pixels_are_promised"), (GATES, "single_bits_are")),
    "G22": ((GATES, "pixels_are_promised"), (ATTACKS, "g22_a_study_of_more")),
    "G23": ((GATES, "uncompressed_pixels_have"),),
    "G24": ((GATES, "compressed_pixels_have_parts"), (ATTACKS, "g24_as_many_pictures")),
    "G25": ((GATES, "compressed_pictures_agree"), (GATES, "run_length_segments_lie")),
    "G26": ((GATES, "run_length_segments_hold"), (DECODER, "pixels_that_are_not")),
    "G27": ((GATES, "rescale_values"), (GATES, "impossible_windows")),
    "G30": ((NIFTI, "g30_both"), (NIFTI, "g30_only_known"), (NIFTI, "g30_a_header")),
    "G31": ((NIFTI, "g31_dimensions"), (NIFTI, "g31_volumes")),
    "G32": ((NIFTI, "g32_only_types"), ("io/test_nifti_read", "64_bit_whole_numbers")),
    "G33": ((NIFTI, "g33_voxels_begin"), (NIFTI, "g33_all_voxels")),
    "G34": ((NIFTI, "g02_and_g34"), (ATTACKS, "a08_a_gzip_bomb")),
    "G35": ((NIFTI, "g35_no_scale"), (GATES, "rescale"), ("io/test_nifti_read", "no_numbers")),
    "G36": ((NIFTI, "g36_voxels"), (NIFTI, "g36_axes")),
    "G37": ((NIFTI, "g37_a_mask"), (GATES, "masks_hold"), ("io/test_nifti_read", "elsewhere")),
    "W1": ((DECODER, "nothing_is_printed_written_or_imported"),),
    "W2": ((DECODER, "every_end_is_one_sentence"), (DECODER, "nothing_is_printed")),
    "W3": ((DECODER, "every_end_is_one_sentence"), (DECODER, "a_warm_decoder_is_used_again")),
    "W4": ((DECODER, "another_size_than_asked"), ("io/test_wire", "not_json_of_the_agreed_size")),
    "W5": ((DECODER, "pixels_that_are_not"), ("io/test_wire", "anything_else_is_no_message")),
    "W6": ((DECODER, "every_end_is_one_sentence"),),
    "W7": ((DECODER, "three_deaths_in_a_row"), (DECODER, "a_stack_loads_beside")),
    "W8": (("io/test_wire", "anything_else_is_no_message"),),
    "W9": ((DECODER, "every_end_is_one_sentence"), (DECODER, "a_stack_loads_beside")),
}


def names_in(name):
    tree = ast.parse((TESTS / f"{name}.py").read_text(encoding="utf-8"))
    return [one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)]


@pytest.mark.parametrize("rule", RULES)
def test_that_every_rule_has_its_tests(rule):
    for file, words in RULES[rule]:
        assert any(name.startswith("test_") and words in name for name in names_in(file)), words


def test_that_no_rule_is_left_out():
    """A14 is about pages of HTML; none are written."""
    attacks = {f"A{number}" for number in range(1, 26)} - {"A14"}
    gates = {
        f"G{number}" for number in (*range(1, 6), *range(10, 14), *range(20, 28), *range(30, 38))
    }
    assert set(RULES) == attacks | gates | {f"W{number}" for number in range(1, 10)}
