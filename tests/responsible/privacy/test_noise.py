import numpy as np
from scipy import stats

from responsible.privacy.noise import SecretNoise, streams


def test_secret_noise_is_standard_normal():
    """Kolmogorov-Smirnov does not tell 100,000 secret draws from N(0, 1): it would once in a million runs."""
    draws = SecretNoise().standard_normal((1000, 100))
    assert draws.shape == (1000, 100)
    assert stats.kstest(draws.ravel(), "norm").pvalue > 1e-6
    assert np.isfinite(draws).all()


def test_secret_noise_never_repeats():
    """Two sources, and two draws of one source, share no number."""
    one, other = SecretNoise(), SecretNoise()
    draws = [source.standard_normal((1000,)) for source in (one, one, other)]
    assert len(np.unique(draws)) == 3000


def test_secret_noise_has_no_state_to_steal():
    """There is no seed and no state in the object."""
    assert not vars(SecretNoise())


def test_streams_differ_by_name_and_draw_and_come_again_from_the_same_generator():
    """Every (name, draw) has its own seed; a new name at the end leaves those before it alone."""
    first = list(streams(["a", "b"], np.random.default_rng(1), 3))
    longer = list(streams(["a", "b", "c"], np.random.default_rng(1), 3))
    assert len({tuple(seed) for *_, seed in first}) == 6
    assert longer[:6] == first
