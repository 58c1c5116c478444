"""The anomaly detector on real series, beside z-scores of seasonal residuals."""
