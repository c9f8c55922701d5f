from tests.ui.conftest import engine, heart, window, windows, without_torch, written

__all__ = ["engine", "heart", "window", "windows", "without_torch", "written"]
