"""The forecast's model: exponential smoothing by statsmodels.

ETS(A,N,N) on the square roots of weekly totals, by statsmodels: the reference of the field in
Python, whose intervals come with the model. Square roots, because the spread of counts grows with
them. Tried against daily models with a season, trends and other scales; those did worse, or had
intervals that were too narrow.
"""

import warnings
from collections.abc import Sequence
from math import sqrt

from pandas import Series
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from rules.review.outlook import AHEAD_WEEKS, INTERVAL_PERCENT, Expected


def project(weeks: Sequence[int]) -> list[Expected]:
    """Project the speech of the next AHEAD_WEEKS weeks from that of at least eight past ones."""
    with warnings.catch_warnings():
        # Weeks that are all alike have no spread to fit; the projection is right all the same.
        warnings.simplefilter("ignore")
        fitted = ETSModel(Series([sqrt(week) for week in weeks]), error="add").fit(disp=False)
        coming = fitted.get_prediction(start=len(weeks), end=len(weeks) + AHEAD_WEEKS - 1)
        frame = coming.summary_frame(alpha=1 - INTERVAL_PERCENT / 100)
    return [
        # A root below 0 is none: nobody can say less than nothing.
        Expected(*(round(max(root, 0.0) ** 2) for root in (middle, low, high)))
        for middle, low, high in frame[["mean", "pi_lower", "pi_upper"]].to_numpy().tolist()
    ]
