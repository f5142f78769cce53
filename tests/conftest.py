"""What holds for all tests: a property is judged by what it finds, not by how long a busy machine takes over it, and
tried on the same examples every time."""

from hypothesis import HealthCheck, settings

settings.register_profile("patient", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
