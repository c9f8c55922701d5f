"""Networks that read a slice: heart contours, the reward nets R and the judge J."""
