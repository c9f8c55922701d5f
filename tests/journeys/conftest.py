from tests.ui.conftest import engine, heart, qapp, window, windows, written

__all__ = ["engine", "heart", "qapp", "window", "windows", "written"]
