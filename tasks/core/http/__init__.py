"""Requests to gateways, as Claude Code sends them, and to hosts on the way; certificates.

Every failure becomes its cause and a fix, in one wording (`errors`). `compatibility` judges what a
gateway answered.
"""
