"""Frames → quotes and books that are true, or say why they are not.

Comes in: what streams deliver, snapshots, link events. Goes out: clean quotes, books in sequence, proof of life.
It never reads a socket: streams call in, snapshots are asked for through ports.
"""
