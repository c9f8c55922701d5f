"""The left ventricle as clinicians name it: wall coordinates, AHA-17, scar shapes, captions."""
