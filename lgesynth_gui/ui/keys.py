"""Every key of the window as it is at first: one table; `ui.keymap` has it as it is now.

Chords with Ctrl, Alt or a function key are ordinary shortcuts. Single letters are looked up by
the window's one handler, so that they are dead while a text, number or choice field has the focus.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QLineEdit, QPlainTextEdit, QWidget


@dataclass(frozen=True)
class Key:
    """One binding.

    Args:
        action: The action's id.
        keys: Its key as text.
        text: What it does.
        chord: A shortcut that also works while one types.
        where: "" for the whole window, else the one place where it works ("review").
    """

    action: str
    keys: str
    text: str
    chord: bool = False
    where: str = ""


GROUPS: tuple[tuple[str, tuple[Key, ...]], ...] = (
    (
        "Study and result",
        (
            Key("open_folder", "Ctrl+O", "Open a DICOM folder", True),
            Key("open_file", "Ctrl+Shift+O", "Open a file", True),
            Key("save", "Ctrl+S", "Save the project", True),
            Key("save_as", "Ctrl+Shift+S", "Save the project as another one", True),
            Key("generate", "Ctrl+Return", "Generate", True),
            Key("generate", "Ctrl+Enter", "Generate", True),
            Key("generate_front", "Ctrl+Shift+Return", "Generate next, before what waits", True),
            Key("generate_front", "Ctrl+Shift+Enter", "Generate next, before what waits", True),
            Key("new_seed", "R", "Generate with a new seed"),
            Key("same_seed", "Shift+R", "Settings and seed of the previewed variation"),
            Key("pair", "Shift+G", "Generate one seed with and without guidance"),
            Key("pause", "Shift+P", "Pause or go on with the queue"),
            Key("retry", "Ctrl+Shift+R", "Run what failed again", True),
            Key("cancel", "Shift+X", "Cancel what is running"),
            Key("cancel_all", "Ctrl+Shift+X", "Cancel everything", True),
            Key("previous", "Left", "Previous variation"),
            Key("next", "Right", "Next variation"),
            Key("confirm", "Return", "Close the contour, draw what waits, else apply"),
            Key("confirm", "Enter", "Close the contour, draw what waits, else apply"),
            Key("discard", "Delete", "Discard the previewed variation, else the picked scar"),
            Key("star", ".", "Star the previewed variation"),
            Key("export", "Ctrl+E", "Export the applied result", True),
            Key("undo", "Ctrl+Z", "Undo", True),
            Key("redo", "Ctrl+Y", "Redo", True),
            Key("redo", "Ctrl+Shift+Z", "Redo", True),
        ),
    ),
    (
        "Scar and contours",
        (
            Key("bullseye", "P", "Bullseye: anterior segment of this ring"),
            Key("class_0", "0", "Segment without scar"),
            Key("class_1", "1", "Class 1–25 %, again: 25 %"),
            Key("class_2", "2", "Class 26–50 %, again: 50 %"),
            Key("class_3", "3", "Class 51–75 %, again: 75 %"),
            Key("class_4", "4", "Class 76–100 %, again: 100 %"),
            Key("percent", "%", "Type the percentage of the selected segment"),
            Key("words", "T", "Type the scar in words"),
            Key("note", "N", "Write a note about the study"),
            Key("tool_select", "V", "Select and edit"),
            Key("tool_contour", "C", "Draw scar contour"),
            Key("tool_brush", "B", "Paint scar with a brush"),
            Key("tool_eraser", "E", "Erase scar"),
            Key("tool_fill", "G", "Fill segments"),
            Key("brush_smaller", "[", "Smaller brush (- too, with a brush in hand)"),
            Key("brush_larger", "]", "Larger brush (+ too, with a brush in hand)"),
            Key("swap_brush", "X", "Swap brush and eraser"),
            Key("mirror", "Ctrl+M", "Mirror the picked scar, anterior and inferior", True),
            Key("mirror_side", "Ctrl+Shift+M", "Mirror the picked scar, septal and lateral", True),
            Key("smooth", "Ctrl+L", "Smooth the picked scar", True),
            Key("copy_scar", "Ctrl+C", "Copy the scar of this slice", True),
            Key("paste_scar", "Ctrl+V", "Paste the copied scar into this slice", True),
            Key("interpolate", "Ctrl+I", "Fill the gap between two drawn slices", True),
            Key("heal", "Shift+E", "Make healthy: paint over the old scar of this slice"),
            Key("back", "Backspace", "Drop the last point of the open contour"),
            Key("abandon", "Esc", "Abandon the open contour, or what waits"),
            Key("copy_next", "Ctrl+Shift+V", "Copy the scar to the next slice", True),
            Key("object_scar", "Alt+1", "Tools change the scar", True),
            Key("object_endo", "Alt+2", "Tools draw the endocardium", True),
            Key("object_epi", "Alt+3", "Tools draw the epicardium", True),
            Key("object_points", "Alt+4", "Tools set the RV insertion points", True),
            Key("contours_up", "Ctrl+Shift+Up", "Copy the contours to the slice before", True),
            Key("contours_down", "Ctrl+Shift+Down", "Copy the contours to the next slice", True),
            Key("mask", "Alt+M", "Take the contours from a mask file", True),
            Key("understood", "Alt+I", "What was understood of the series", True),
        ),
    ),
    (
        "View",
        (
            Key("slice_up", "Up", "Slice towards the base"),
            Key("slice_down", "Down", "Slice towards the apex"),
            Key("slice_first", "Home", "First slice"),
            Key("slice_last", "End", "Last slice"),
            Key("overlay", "S", "Contours and scar on/off"),
            Key("grid", "Shift+S", "AHA sectors on/off"),
            Key("corner", "I", "Corner text on/off"),
            Key("nearest", "Shift+I", "Real pixels on/off"),
            Key("series_up", "PgUp", "Series before"),
            Key("series_down", "PgDown", "Next series"),
            Key("fainter", "A", "Less of contours and scar"),
            Key("stronger", "D", "More of contours and scar"),
            Key("upright", "O", "Standard orientation on/off"),
            Key("compare", "M", "Compare: side by side, slider, flicker, difference"),
            Key("swap", "Shift+M", "Swap the sides"),
            Key("auto_window", "J", "Automatic window/level"),
            Key("file_window", "Shift+J", "Window/level of the file"),
            Key("tool_window", "W", "Window and level with the left button"),
            Key("tool_hand", "H", "Move the image"),
            Key("tool_zoom", "Z", "Zoom with the left button"),
            Key("fit", "F", "Fit the heart"),
            Key("fit", "Shift+Z", "Fit the heart"),
            Key("zoom_in", "+", "Zoom in"),
            Key("zoom_out", "-", "Zoom out"),
        ),
    ),
    (
        "Window",
        (
            Key("mode_sketch", "Ctrl+1", "Sketch: draw and generate", True),
            Key("mode_cohort", "Ctrl+2", "Cohort: plan, run and review many samples", True),
            Key("mode_evaluate", "Ctrl+3", "Evaluate: what the models are worth", True),
            Key("mode_train", "Ctrl+4", "Train: fine-tune on your own scans", True),
            Key("next_panel", "F6", "Next panel", True),
            Key("theme", "Ctrl+T", "Dark or light", True),
            Key("bigger", "Ctrl+=", "Larger text", True),
            Key("smaller", "Ctrl+-", "Smaller text", True),
            Key("layout", "Ctrl+0", "Reset the layout", True),
            Key("drawer", "Ctrl+B", "Bullseye and words in a narrow window", True),
            Key("palette", "Ctrl+Shift+P", "Every action: find and run one", True),
            Key("preferences", "Ctrl+,", "Preferences", True),
            Key("tour", "Shift+F1", "2-minute tour", True),
            Key("doctor", "Ctrl+F1", "Self-test of this computer", True),
            Key("diagnostics", "Ctrl+Shift+F1", "Diagnostics without patient data", True),
            Key("models", "Ctrl+F2", "Models: list, import, export, verify, repair", True),
            Key("audit", "Ctrl+Shift+E", "Make an exported file again and compare", True),
            Key("about", "Alt+F1", "About, licences and models", True),
            Key("teach", "F11", "Teach: full screen", True),
            Key("help", "F1", "Manual", True),
            Key("keys", "?", "Keys and mouse"),
        ),
    ),
    (
        "Cohort, review of a case",
        (
            Key("review_accept", "A", "Accept the case", where="review"),
            Key("review_reject", "R", "Reject it, with the ticked reasons", where="review"),
            Key("review_fix", "F", "Fix it in Sketch", where="review"),
            Key("review_unsure", "U", "Unsure", where="review"),
            Key("review_next", "Right", "Next case", where="review"),
            Key("review_previous", "Left", "Case before", where="review"),
            Key("review_up", "Up", "Slice towards the base", where="review"),
            Key("review_down", "Down", "Slice towards the apex", where="review"),
            Key("review_lines", "S", "Contours and scar on/off", where="review"),
            Key("review_blind", "B", "Verdict hidden or shown", where="review"),
            Key("review_back", "Esc", "Back to the table", where="review"),
            *(
                Key(f"review_reason_{n}", str(n % 10), f"Reason {n} of a reject", where="review")
                for n in range(1, 11)
            ),
        ),
    ),
    (
        "Teach, full screen",
        (
            Key("teach_next", "Space", "Next example or question", where="teach"),
            Key("teach_next", "Right", "Next example or question", where="teach"),
            Key("teach_back", "Left", "Back", where="teach"),
            Key("teach_key", "S", "Scar key: contours and segments on/off", where="teach"),
            Key("teach_words", "T", "The scar in words on/off", where="teach"),
            Key("teach_dice", "D", "Verdict on/off", where="teach"),
            Key("teach_up", "Up", "Slice towards the base", where="teach"),
            Key("teach_down", "Down", "Slice towards the apex", where="teach"),
            Key("teach_examples", "1", "Examples", where="teach"),
            Key("teach_strip", "2", "Transmurality from 0 to 100 %", where="teach"),
            Key("teach_quiz", "3", "Quiz: which territory?", where="teach"),
            Key("teach_copy", "Ctrl+Shift+C", "Copy the picture for a slide", True, "teach"),
            Key("teach_bigger", "Ctrl+=", "Larger text on stage", True, "teach"),
            Key("teach_smaller", "Ctrl+-", "Smaller text on stage", True, "teach"),
            Key("teach_leave", "F11", "Leave", True, "teach"),
            Key("teach_leave", "Esc", "Leave", where="teach"),
        ),
    ),
    (
        "Reader study",
        (
            Key("study_1", "1", "Surely real", where="study"),
            Key("study_2", "2", "Probably real", where="study"),
            Key("study_3", "3", "Cannot tell", where="study"),
            Key("study_4", "4", "Probably synthetic", where="study"),
            Key("study_5", "5", "Surely synthetic", where="study"),
            Key("study_mark", "Space", "Mark where the scar is (arrows or a click)", where="study"),
            Key("study_unmark", "Backspace", "Take the mark back", where="study"),
            Key("study_break", "Esc", "Break: answers are kept", where="study"),
        ),
    ),
)
KEYS: tuple[Key, ...] = tuple(key for _, keys in GROUPS for key in keys)

MOUSE: tuple[tuple[str, str], ...] = (
    ("left", "current tool"),
    ("right drag", "window and level"),
    ("right click", "menu"),
    ("wheel", "slice, also while drawing"),
    ("Ctrl + wheel", "zoom at the cursor"),
    ("Shift + wheel", "size of the brush"),
    ("middle, Space + left", "pan"),
    ("double click", "one pane alone, again: both"),
    ("hold Q", "the original in the right pane"),
)


def typing(focus: QWidget | None) -> bool:
    """Whether keys belong to a field one types into."""
    return isinstance(focus, (QLineEdit, QAbstractSpinBox, QComboBox, QPlainTextEdit))
