from lgesynth_gui.app.memo import by_identity


def test_that_only_the_very_same_values_are_remembered():
    asked = []

    @by_identity(2)
    def length(values, extra):
        asked.append(values)
        return len(values) + extra

    one, twin, third = ((1, 2), [1, 2], (1, 2, 3))
    assert [length(one, 0), length(one, 0), length(one, 5), length(one, 0)] == [2, 2, 7, 2]
    assert len(asked) == 2
    assert (length(twin, 0), length(third, 0)) == (2, 3)
    assert len(asked) == 4
    length(one, 0)
    assert len(asked) == 5


def test_that_a_remembered_value_is_never_of_an_object_that_is_gone():
    @by_identity(1)
    def first(values):
        return values[0]

    for number in range(200):
        assert first([number]) == number
