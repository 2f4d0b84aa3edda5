"""Schedules against their formulas and diffusers; the sampler against diffusers and an exact solution."""

import math

import numpy as np
import pytest
import torch

from gen100.errors import UserError
from gen100.families.stable_diffusion.betas import SCHEDULES, alpha_bars, betas
from gen100.families.stable_diffusion.noise_schedule import NoiseSchedule

UNBOUNDED = torch.tensor(math.inf)
DIFFUSERS_NAMES = {"linear": "linear", "quadratic": "scaled_linear", "cosine": "squaredcos_cap_v2"}


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("timesteps", [10, 100, 1000])
def test_share_of_the_image_falls_to_almost_nothing(schedule: str, timesteps: int) -> None:
    shares = alpha_bars(schedule, timesteps)
    assert shares.shape == (timesteps,)
    assert shares.dtype == np.float64
    assert np.all(np.diff(shares) < 0)
    assert 0 < shares[-1] < 0.03  # the exponential schedule adds least
    assert shares[0] > 0.97


def test_betas_at_both_ends() -> None:
    for schedule in ("linear", "quadratic", "exponential"):
        values = betas(schedule, 1000)
        assert values[[0, -1]] == pytest.approx([1e-4, 0.02], rel=1e-12)
    assert betas("linear", 1001)[500] == pytest.approx((1e-4 + 0.02) / 2 * 1000 / 1001)
    assert betas("quadratic", 1001)[500] == pytest.approx(((0.01 + math.sqrt(0.02)) / 2) ** 2 * 1000 / 1001)
    assert betas("exponential", 1001)[500] == pytest.approx(math.sqrt(1e-4 * 0.02) * 1000 / 1001)


def test_cosine_is_its_formula_until_the_last_beta() -> None:
    f = [math.cos((t / 500 + 0.008) / 1.008 * math.pi / 2) ** 2 for t in range(501)]
    shares = alpha_bars("cosine", 500)
    assert shares[:-1] == pytest.approx(np.array(f[1:-1]) / f[0], rel=1e-9)
    assert shares[-1] == pytest.approx(shares[-2] * 0.001, rel=1e-9)


@pytest.mark.parametrize("schedule", DIFFUSERS_NAMES)
def test_schedules_agree_with_diffusers(schedule: str) -> None:
    diffusers = pytest.importorskip("diffusers")
    theirs = diffusers.DDPMScheduler(1000, beta_schedule=DIFFUSERS_NAMES[schedule])
    assert betas(schedule, 1000) == pytest.approx(theirs.betas.numpy(), rel=1e-4, abs=1e-7)
    assert alpha_bars(schedule, 1000) == pytest.approx(theirs.alphas_cumprod.numpy(), rel=1e-3, abs=1e-8)


def test_unknown_schedule_names_the_known() -> None:
    with pytest.raises(ValueError, match="'sine' is not a schedule: use one of linear, cosine"):
        alpha_bars("sine", 10)


def test_noised_images_have_the_stated_mean_and_variance() -> None:
    schedule = NoiseSchedule("linear", 1000)
    shares = alpha_bars("linear", 1000)
    image = torch.full((20_000, 1, 2, 2), 0.7)
    for time in (0, 300, 999):
        noised = schedule.add_noise(image, torch.randn_like(image), torch.full((len(image),), time))
        assert noised.mean().item() == pytest.approx(0.7 * math.sqrt(shares[time]), abs=0.02)
        assert noised.var().item() == pytest.approx(1 - shares[time], rel=0.03)


def test_mean_of_the_reverse_step_is_the_posterior_mean() -> None:
    """The thesis' formula in eps equals the posterior mean in x_0 (Ho et al. 2020, equations 7 and 11)."""
    schedule = NoiseSchedule("linear", 1000)
    all_betas, shares = betas("linear", 1000), alpha_bars("linear", 1000)
    image, noise = torch.randn(4, 1, 2, 2, dtype=torch.float64), torch.randn(4, 1, 2, 2, dtype=torch.float64)
    for time in (1, 250, 998):
        noised = schedule.add_noise(image, noise, torch.full((4,), time))
        alpha, share, before = 1 - all_betas[time], shares[time], shares[time - 1]
        from_noise = (noised - (1 - alpha) / math.sqrt(1 - share) * noise) / math.sqrt(alpha)
        from_image = (
            math.sqrt(before) * all_betas[time] / (1 - share) * image
            + math.sqrt(alpha) * (1 - before) / (1 - share) * noised
        )
        torch.testing.assert_close(from_noise, from_image, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("count", [1, 7, 128, 2048])
def test_spread_times_fill_the_schedule_evenly(count: int) -> None:
    schedule = NoiseSchedule("linear", 1000)
    torch.manual_seed(0)
    times = schedule.spread_times(count)
    assert times.dtype == torch.int64
    assert (times - torch.arange(count) * (1000 / count)).abs().max() <= 1 + 1000 / count
    seen = torch.cat([schedule.spread_times(count) for _ in range(20_000 // count + 100)])
    assert seen.min() >= 0
    assert seen.max() <= 999
    assert seen.float().mean().item() == pytest.approx(499.5, abs=100 if count == 1 else 12)


def test_sampler_asks_at_quadratically_spaced_steps_from_the_last() -> None:
    linear = NoiseSchedule("linear", 1000)
    assert linear.sampling_times(4) == [999, 561, 249, 61]
    assert linear.sampling_times(1000) == list(range(999, -1, -1))
    for steps in range(1, 1001, 37):
        times = linear.sampling_times(steps)
        assert len(times) == steps
        assert times[-1] >= 0
        assert all(np.diff(times) < 0)
    cosine = NoiseSchedule("cosine", 1000)
    first = cosine.sampling_times(20)[0]
    assert cosine.alpha_bars[first] >= 4e-5 > cosine.alpha_bars[first + 1]


def test_more_steps_than_the_schedule_has_are_refused() -> None:
    with pytest.raises(UserError, match=r"sampling\.steps is 21, but models\.stable_diffusion\.timesteps 20"):
        NoiseSchedule("linear", 20).sampling_times(21)


@pytest.mark.parametrize("steps", [1, 2, 3, 10, 50])
def test_sampler_agrees_with_diffusers(steps: int) -> None:
    diffusers = pytest.importorskip("diffusers")
    theirs = diffusers.DPMSolverMultistepScheduler(1000, beta_schedule="linear", final_sigmas_type="zero")
    start = torch.randn(3, 2, 8, 8)

    def predict(x: torch.Tensor, time: int) -> torch.Tensor:
        return torch.sin(3 * x) * 0.5 + 0.5 * x + time / 2000

    schedule = NoiseSchedule("linear", 1000)
    theirs.set_timesteps(timesteps=schedule.sampling_times(steps))
    expected = start
    for time in theirs.timesteps:
        expected = theirs.step(predict(expected, int(time)), time, expected).prev_sample
    torch.testing.assert_close(schedule.denoise(predict, start, steps, UNBOUNDED), expected, atol=2e-3, rtol=2e-3)


@pytest.mark.parametrize("schedule", ["linear", "cosine"])
@pytest.mark.parametrize(("steps", "tolerance"), [(200, 0.01), (20, 0.06)])
def test_sampler_turns_noise_into_a_known_gaussian(schedule: str, steps: int, tolerance: float) -> None:
    """Data N(2, 0.3^2): the exact eps is noise_t (x - 2 signal_t) / (0.09 signal_t^2 + noise_t^2)."""
    diffusion = NoiseSchedule(schedule, 1000)
    shares = alpha_bars(schedule, 1000)

    def predict(x: torch.Tensor, time: int) -> torch.Tensor:
        share = float(shares[time])
        spread = 0.09 * share + 1 - share
        return math.sqrt(1 - share) * (x - 2 * math.sqrt(share)) / spread

    torch.manual_seed(0)
    samples = diffusion.denoise(predict, torch.randn(40_000, 1, 1, 1), steps, UNBOUNDED)
    assert samples.mean().item() == pytest.approx(2, abs=0.02)
    assert samples.std().item() == pytest.approx(0.3, rel=tolerance + 0.01)


def test_estimates_stay_in_the_range_of_the_data() -> None:
    schedule, limit = NoiseSchedule("linear", 1000), torch.tensor(2.0)
    samples = schedule.denoise(lambda x, _: torch.zeros_like(x), torch.randn(64, 1, 1, 1), 1, limit)
    assert samples.abs().max().item() == pytest.approx(2)
