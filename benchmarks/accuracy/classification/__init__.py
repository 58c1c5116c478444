"""Classifiers on real tasks, beside MiniRocket, LSTM-FCN and a random forest."""
