"""Countries as the API writes them: ISO 3166 code in lower case, English name."""

from __future__ import annotations

COUNTRIES = {
    "at": "Austria", "au": "Australia", "be": "Belgium", "br": "Brazil", "ca": "Canada", "ch": "Switzerland",
    "cn": "China", "co": "Colombia", "cz": "Czech Republic", "de": "Germany", "dk": "Denmark", "eg": "Egypt",
    "es": "Spain", "fi": "Finland", "fr": "France", "gb": "United Kingdom", "gh": "Ghana", "gr": "Greece",
    "hk": "Hong Kong", "hu": "Hungary", "id": "Indonesia", "ie": "Ireland", "il": "Israel", "in": "India",
    "it": "Italy", "jp": "Japan", "ke": "Kenya", "kr": "South Korea", "lu": "Luxembourg", "ma": "Morocco",
    "mx": "Mexico", "my": "Malaysia", "ng": "Nigeria", "nl": "Netherlands", "no": "Norway", "nz": "New Zealand",
    "ph": "Philippines", "pk": "Pakistan", "pl": "Poland", "pt": "Portugal", "ro": "Romania", "rs": "Serbia",
    "sa": "Saudi Arabia", "se": "Sweden", "sg": "Singapore", "th": "Thailand", "tr": "Turkey", "ua": "Ukraine",
    "us": "United States", "vn": "Vietnam", "za": "South Africa",
}  # fmt: skip
CURRENCIES = frozenset(
    [
        "AUD",
        "BRL",
        "CAD",
        "CHF",
        "CNY",
        "CZK",
        "DKK",
        "EUR",
        "GBP",
        "HKD",
        "HUF",
        "ILS",
        "INR",
        "JPY",
        "MXN",
        "NOK",
        "NZD",
        "PLN",
        "RON",
        "SEK",
        "SGD",
        "USD",
        "ZAR",
    ]
)


def location(city: str, country_code: str) -> dict[str, str]:
    """A ``location`` object, empty keys left out."""
    code = country_code.lower()
    known = {"countryCode": code, "country": COUNTRIES.get(code, ""), "city": city}
    return {key: value for key, value in known.items() if value}
