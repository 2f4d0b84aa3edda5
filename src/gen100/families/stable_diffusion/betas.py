"""How much of an image is left after t steps of diffusion, without torch: training and figures share it."""

import math

import numpy as np

SCHEDULES = ("linear", "cosine", "quadratic", "exponential")

FIRST_BETA, LAST_BETA, DDPM_STEPS = 1e-4, 0.02, 1000
LARGEST_BETA = 0.999
COSINE_OFFSET = 0.008


def betas(schedule: str, timesteps: int) -> np.ndarray:
    """Variance of the noise that each step adds: `timesteps` numbers in (0, 0.999], float64.

    - linear: from 1e-4 to 0.02 (Ho et al. 2020, section 4). Stable Diffusion's own schedule is the one
      called quadratic here.
    - quadratic: the square root rises linearly between the same ends.
    - exponential: the logarithm rises linearly between the same ends.
    - cosine: abar_t = f(t) / f(0), f(t) = cos((t / T + s) / (1 + s) * pi / 2)^2, s = 0.008
      (Nichol & Dhariwal 2021, equation 17).

    The first three are made for 1000 steps; with another number each beta is scaled by 1000 / timesteps, so
    that the whole process adds about as much noise.

    Raises:
        ValueError: an unknown schedule; names those that exist.
    """
    if schedule == "linear":
        values = np.linspace(FIRST_BETA, LAST_BETA, timesteps)
    elif schedule == "quadratic":
        values = np.linspace(math.sqrt(FIRST_BETA), math.sqrt(LAST_BETA), timesteps) ** 2
    elif schedule == "exponential":
        values = np.geomspace(FIRST_BETA, LAST_BETA, timesteps)
    elif schedule == "cosine":
        time = np.arange(timesteps + 1) / timesteps
        left = np.cos((time + COSINE_OFFSET) / (1 + COSINE_OFFSET) * math.pi / 2) ** 2
        return np.minimum(1 - left[1:] / left[:-1], LARGEST_BETA)
    else:
        raise ValueError(f"'{schedule}' is not a schedule: use one of {', '.join(SCHEDULES)}")
    return np.minimum(values * (DDPM_STEPS / timesteps), LARGEST_BETA)


def alpha_bars(schedule: str, timesteps: int) -> np.ndarray:
    """Share of the image's variance left after each step, prod (1 - beta): falling from 1 towards 0, float64.

    x_t = sqrt(abar_t) x_0 + sqrt(1 - abar_t) eps (Ho et al. 2020, equation 4).

    Args:
        schedule: one of SCHEDULES.
        timesteps: how many; entry t of the result belongs to the (t + 1)-th step.
    """
    return np.cumprod(1 - betas(schedule, timesteps))
