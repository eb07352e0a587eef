"""elec576: a student's report on Rice ELEC 576, Assignment 2: its programs bit for bit, its numbers judged."""

__version__ = '0.1.0'
