#!/usr/bin/env python3
"""Asks the model in model.onnx about files.

    python predict.py picture.png other.jpg      of a model of pictures
    python predict.py rows.csv                   of one of rows: a CSV file with a line of names
    python predict.py letter.txt                 of one of texts
    python predict.py samples.npy                of any model: numbers, one sample or several

Needed: pip install numpy onnxruntime, and pillow for pictures.

How files become the network's numbers stands in model.onnx itself; what of it the network does not do
is done here, by the same sums as on the page that the model comes from.
"""

import argparse
import csv
import io
import json
import math
import re
import sys
import unicodedata
from pathlib import Path

import numpy as np

F = np.float32


class Refused(Exception):
    """What cannot be read, in words."""
