"""The diffusion process in torch: adding noise, and removing it in a few steps."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from gen100.errors import UserError
from gen100.families.stable_diffusion.betas import alpha_bars


class NoiseSchedule(nn.Module):
    """x_t = signal_t x_0 + noise_t eps with signal_t^2 + noise_t^2 = 1, for t = 0 .. timesteps - 1.

    Attributes:
        signals, noises: `timesteps` numbers each, sqrt(abar_t) and sqrt(1 - abar_t), float32.
    """

    signals: Tensor
    noises: Tensor

    def __init__(self, schedule: str, timesteps: int) -> None:
        super().__init__()
        self.timesteps = timesteps
        self.alpha_bars = alpha_bars(schedule, timesteps)
        for name, values in (("signals", np.sqrt(self.alpha_bars)), ("noises", np.sqrt(1 - self.alpha_bars))):
            self.register_buffer(name, torch.tensor(values, dtype=torch.float32), persistent=False)

    def add_noise(self, images: Tensor, noise: Tensor, times: Tensor) -> Tensor:
        """Draw x_t given x_0 (Ho et al. 2020, equation 4).

        Args:
            images, noise: B x C x H x W, the noise standard normal.
            times: B steps, int64, in [0, timesteps).
        """
        shape = (-1, 1, 1, 1)
        return self.signals[times].view(shape) * images + self.noises[times].view(shape) * noise

    def spread_times(self, count: int) -> Tensor:
        """Draw `count` steps, each uniform, together spread evenly over all steps.

        One common uniform number shifts an even grid (Kingma et al. 2021, appendix I.1), which lowers the
        variance of a loss averaged over a batch in random order. From torch's global generator.
        """
        grid = torch.arange(count, device=self.signals.device, dtype=torch.float32)
        shift = torch.rand((), device=self.signals.device)
        times = (grid + shift) * (self.timesteps / count)
        return times.long().clamp_(max=self.timesteps - 1)

    def sampling_times(self, steps: int) -> list[int]:
        """The steps at which the sampler asks the network: `steps` of them, falling, closer towards the data.

        Quadratic spacing, as Song et al. 2021 (appendix D.2) on CIFAR-10: the i-th from the end is at share
        (i / steps)^2. The first is the last step of training unless less signal is left there than at the
        end of the linear schedule, 4e-5: dividing by it would blow up the network's error, so the cosine
        schedule starts a little earlier (as in Lu et al. 2022a, appendix D).

        Raises:
            UserError: more steps than the schedule has.
        """
        usable = int(np.count_nonzero(self.alpha_bars >= 4e-5))
        if steps > usable:
            raise UserError(
                f"params.yaml: sampling.steps is {steps}, but models.stable_diffusion.timesteps "
                f"{self.timesteps} allows {usable} at most"
            )
        index = np.arange(steps, 0, -1)
        return [int(time) - 1 for time in np.maximum(index, np.round(usable * (index / steps) ** 2))]

    def denoise(
        self, predict: Callable[[Tensor, int], Tensor], start: Tensor, steps: int, limit: Tensor
    ) -> Tensor:
        """Go from noise to data in few steps, with DPM-Solver++(2M) (Lu et al. 2022b, algorithm 2).

        With x_0's estimate m = (x - noise_s eps) / signal_s, a step from s to t < s is that of DDIM (Song
        et al. 2021, equation 12, eta = 0), x_t = signal_t m + noise_t (x - signal_s m) / noise_s, except
        that m is extrapolated from the last two estimates, linearly in log(signal / noise). The first and
        the last step are DDIM's own. Estimates are clamped to the range of the data, as is usual for images:
        where little signal is left, they hold the network's error many times over.

        Args:
            predict: eps for (x, t).
            start: B x C x H x W, standard normal.
            steps: calls of `predict`.
            limit: the largest absolute value in the data, a scalar.
        """
        current = start.float()
        previous: Tensor | None = None
        times = self.sampling_times(steps)
        levels = [float(value) for value in self.alpha_bars[times]] + [1.0]
        signals, noises = np.sqrt(levels), np.sqrt(1 - np.array(levels))
        log_ratios = np.log(signals[:-1] / noises[:-1])
        for step, time in enumerate(times):
            signal, noise = float(signals[step]), float(noises[step])
            estimate = (current - noise * predict(current, time).float()) / signal
            target = estimate = estimate.clamp(-limit, limit)
            if previous is not None and step < steps - 1:
                ratio = (log_ratios[step + 1] - log_ratios[step]) / (log_ratios[step] - log_ratios[step - 1])
                target = estimate + float(ratio / 2) * (estimate - previous)
            kept = float(noises[step + 1] / noises[step])
            current = kept * (current - signal * target) + float(signals[step + 1]) * target
            previous = estimate
        return current
