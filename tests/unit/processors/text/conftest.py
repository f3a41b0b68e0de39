"""Property tests run without a deadline: the machine may be busy. ``--hypothesis-profile=many`` digs deeper."""

from hypothesis import settings

settings.register_profile("usual", deadline=None)
settings.register_profile("many", deadline=None, max_examples=1500)
if settings.get_current_profile_name() == "default":
    settings.load_profile("usual")
