"""Changing colours: images (N, C, H, W), float32 from 0 to 1, stay there; factors are (N,)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

# Rec. 601: the weight of red, green and blue in what looks grey.
_LUMA = (0.299, 0.587, 0.114)
# Krizhevsky et al. 2012: principal components of ImageNet's colours, as fb.resnet.torch prints them.
_EIGENVALUES = (0.2175, 0.0188, 0.0045)
_EIGENVECTORS = ((-0.5675, 0.7192, 0.4009), (-0.5808, -0.0045, -0.8140), (-0.5836, -0.6948, 0.4203))


def _each(factors: Tensor, images: Tensor) -> Tensor:
    return factors.to(images.device, non_blocking=True).view(-1, 1, 1, 1)


def grey(images: Tensor) -> Tensor:
    """(N, 1, H, W): what of an image is brightness."""
    if images.shape[1] != 3:
        return images.mean(1, keepdim=True)
    return _LUMA[0] * images[:, :1] + _LUMA[1] * images[:, 1:2] + _LUMA[2] * images[:, 2:]


def brightened(images: Tensor, factors: Tensor) -> Tensor:
    return (images * _each(factors, images)).clamp(0, 1)


def contrasted(images: Tensor, factors: Tensor) -> Tensor:
    """Away from the image's mean grey, or towards it."""
    middle = grey(images).mean((1, 2, 3), keepdim=True)
    return (middle + (images - middle) * _each(factors, images)).clamp(0, 1)


def saturated(images: Tensor, factors: Tensor) -> Tensor:
    """Away from grey, or towards it; images of one channel have no colour to change."""
    if images.shape[1] == 1:
        return images
    plain = grey(images)
    return (plain + (images - plain) * _each(factors, images)).clamp(0, 1)


def hue_turned(images: Tensor, turns: Tensor) -> Tensor:
    """Hue turned by shares of a circle, in the plane of the two chroma axes of YIQ."""
    if images.shape[1] != 3:
        return images
    angle = turns.double() * 2 * torch.pi
    to_yiq = torch.tensor(
        [_LUMA, (0.595716, -0.274453, -0.321263), (0.211456, -0.522591, 0.311135)], dtype=torch.float64
    )
    turn = torch.zeros(len(turns), 3, 3, dtype=torch.float64)
    turn[:, 0, 0] = 1
    turn[:, 1, 1] = turn[:, 2, 2] = angle.cos()
    turn[:, 1, 2], turn[:, 2, 1] = -angle.sin(), angle.sin()
    matrix = (torch.linalg.inv(to_yiq) @ turn @ to_yiq).float().to(images.device, non_blocking=True)
    return torch.einsum("nij,njhw->nihw", matrix, images).clamp(0, 1)


def lit(images: Tensor, amounts: Tensor) -> Tensor:
    """Adds the principal components of colour, each times its amount (N, 3)."""
    if images.shape[1] != 3:
        return images
    scaled = amounts * torch.tensor(_EIGENVALUES)
    added = (scaled @ torch.tensor(_EIGENVECTORS).T).to(images.device, non_blocking=True)
    return (images + added[:, :, None, None]).clamp(0, 1)


def sharpened(images: Tensor, factors: Tensor) -> Tensor:
    """Away from a smoothed copy, or towards it; the outermost pixels stay, which may be all."""
    if min(images.shape[-2:]) < 3:
        return images
    channels = images.shape[1]
    kernel = torch.ones(channels, 1, 3, 3, device=images.device)
    kernel[:, :, 1, 1] = 5
    smooth = images.clone()
    smooth[:, :, 1:-1, 1:-1] = functional.conv2d(images, kernel / 13, groups=channels)
    return (smooth + (images - smooth) * _each(factors, images)).clamp(0, 1)


def posterized(images: Tensor, bits: Tensor) -> Tensor:
    """Keeps the upper `bits` (N,) of the eight of every value."""
    step = _each(2.0 ** (8 - bits), images)
    return (images * 255 / step + 1e-4).floor() * step / 255


def solarized(images: Tensor, thresholds: Tensor) -> Tensor:
    """Turns values from the threshold on into their negative."""
    return torch.where(images >= _each(thresholds, images), 1 - images, images)


def auto_contrasted(images: Tensor) -> Tensor:
    """Stretches each channel from 0 to 1; one without contrast stays."""
    low, high = images.amin((2, 3), keepdim=True), images.amax((2, 3), keepdim=True)
    return torch.where(high > low, (images - low) / (high - low).clamp(min=1e-6), images)


def equalized(images: Tensor) -> Tensor:
    """Each channel's values spread evenly, by its histogram of 256 steps, in whole numbers as Pillow does."""
    steps = (images * 255).round().long().flatten(2)
    histogram = torch.zeros(*steps.shape[:2], 256, dtype=torch.int64, device=images.device)
    histogram.scatter_add_(2, steps, torch.ones_like(steps))
    brightest = torch.gather(histogram, 2, steps.amax(2, keepdim=True))
    width = (steps.shape[2] - brightest) // 255  # pixels to one step of what comes out
    below = histogram.cumsum(2) - histogram
    spread = (below + width // 2) // width.clamp(min=1)
    even = torch.gather(spread.clamp(max=255), 2, steps).view(images.shape).float() / 255
    return torch.where((width == 0).unsqueeze(-1), images, even)
