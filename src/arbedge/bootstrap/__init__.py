"""Assembly: settings are read here, concrete adapters are named here, and nowhere else.

Comes in: environment, files, arguments. Goes out: a started application. It decides nothing about the market.
"""
