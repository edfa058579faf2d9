"""Augmentations on whole batches, on the batch's own device, with torch alone.

Every draw is a function of (seed, purpose, epoch, sample): `draws`. Images are float32 from 0 to 1,
(N, C, H, W); masks and heat maps move with them.
"""
