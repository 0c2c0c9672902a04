"""The providers behind the gateway: how they are reached, and which models this account may use.

All requests are free ones: lists of models, never a model itself.
"""
