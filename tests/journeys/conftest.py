from tests.ui.conftest import engine, heart, qapp, window, written

__all__ = ["engine", "heart", "qapp", "window", "written"]
