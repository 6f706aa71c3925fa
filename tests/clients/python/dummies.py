"""Keys that open nothing, as the run tells them (`../dummies.py`)."""

import os

ACCESS_KEY_ID = os.environ["DUMMY_ACCESS_KEY_ID"]
ACCESS_KEY_SECRET = os.environ["DUMMY_ACCESS_KEY_SECRET"]
SECURITY_TOKEN = os.environ["DUMMY_SECURITY_TOKEN"]
API_KEY = os.environ["DUMMY_API_KEY"]
