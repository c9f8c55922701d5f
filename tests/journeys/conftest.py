from tests.ui.conftest import engine, heart, qapp, window, windows, without_torch, written

__all__ = ["engine", "heart", "qapp", "window", "windows", "without_torch", "written"]
