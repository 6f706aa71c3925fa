// Keys that open nothing, as the run tells them (`../dummies.py`).

export const ACCESS_KEY_ID = process.env.DUMMY_ACCESS_KEY_ID;
export const ACCESS_KEY_SECRET = process.env.DUMMY_ACCESS_KEY_SECRET;
export const SECURITY_TOKEN = process.env.DUMMY_SECURITY_TOKEN;
