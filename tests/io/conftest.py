from multiprocessing import spawn

import pytest


@pytest.fixture(autouse=True, scope="session")
def children_without_pytest():
    """Decoder processes need not import the test runner, as they would not import it either."""
    real = spawn.get_preparation_data

    def without_main(name):
        data = real(name)
        data.pop("init_main_from_path", None)
        data.pop("init_main_from_name", None)
        return data

    spawn.get_preparation_data = without_main
    yield
    spawn.get_preparation_data = real
