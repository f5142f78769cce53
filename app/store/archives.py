"""A session as a whole: all that is kept of it read at one moment, and one from elsewhere written at once."""

import json
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, func, insert, select

from app.domain.bars import Bar, Interval
from app.domain.ledger import Entry, Position
from app.domain.orders import Order
from app.domain.session import Session
from app.domain.trades import Trade
from app.store.bars import SeriesKey
from app.store.database import Store
from app.store.equity import Mark
from app.store.flattens import Flatten
