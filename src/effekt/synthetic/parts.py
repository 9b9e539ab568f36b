"""What every part of a world is made of: frozen models, shares, log-odds, counties and forms that exist."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

from effekt.literals import Amount, AmountRange, Refusal, in_unit
from effekt.located.names import did_you_mean, listing
from effekt.registers.geography import counties

Form = Literal["individuell", "trekant", "gruppe"]
FORMS: tuple[Form, ...] = ("individuell", "trekant", "gruppe")


def share_of(amount: Amount) -> Amount:
    """Refuse a share that is not between 0% and 100%."""
    if not 0 <= amount.value <= 1:
        raise Refusal("E110", f"`{amount}` is no share", help="write 0% to 100%").for_pydantic()
    return amount


def shares_of(range_: AmountRange) -> AmountRange:
    """Refuse a range of shares that is not one."""
    if range_.low.unit != "%":
        raise Refusal("E105", f"`{range_}` is not in percent", help="write `0.1%..0.5%`").for_pydantic()
    share_of(range_.low), share_of(range_.high)
    return range_


Share = Annotated[Amount, in_unit("%"), AfterValidator(share_of)]
LogOdds = Annotated[float, Field(ge=-5, le=5)]


class Part(BaseModel):
    """A frozen part of a world that refuses unknown keys.

    ``switches`` : keys that say nothing while they stand at their default, so that a world drawn before a switch was
    known keeps its digest.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    switches: ClassVar[frozenset[str]] = frozenset()

    @model_serializer(mode="wrap")
    def _said(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        said: dict[str, Any] = write(self)
        fields = type(self).model_fields
        for name in self.switches:
            if getattr(self, name) == fields[name].default:
                said.pop(name, None)
        return said


def known_counties(by_county: Mapping[str, Any]) -> Mapping[str, Any]:
    """Refuse a county that does not exist."""
    for code in by_county:
        if code not in counties():
            raise Refusal(
                "E206",
                f"`{code}` is not a county in the borders of 2024",
                help='write the two digits of a county, in quotes: `"11"`',
                note=f"valid: {', '.join(counties())}",
                at=(code,),
            ).for_pydantic()
    return by_county


def whole(shares: Mapping[Any, Amount]) -> Mapping[Any, Amount]:
    """Refuse shares that do not sum to 100%."""
    total = sum(share.number for share in shares.values())
    if total != 100:
        raise Refusal("E110", f"the shares sum to {total}%", help="make them sum to 100%").for_pydantic()
    return shares


def known_forms(by_form: Any) -> Any:
    """Refuse a form of guidance that does not exist."""
    for form in by_form if isinstance(by_form, Mapping) else ():
        if form not in FORMS:
            raise Refusal(
                "E208", f"unknown form `{form}`", help=did_you_mean(form, FORMS), note=listing(FORMS), at=(form,)
            ).for_pydantic()
    return by_form
