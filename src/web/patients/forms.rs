//! The form of a patient, as sent and as it is shown again.

use crate::domain::patients::{Address, Details, Typed, TypedAddress};
use crate::web::visit::{Fields, field};

pub fn typed(fields: &Fields) -> Typed {
    let text = |name: &str| field(fields, name).to_owned();
    Typed {
        title: text("title"),
        first_name: text("first_name"),
        last_name: text("last_name"),
        sex: text("sex"),
        phone: text("phone"),
        email: text("email"),
        nhs_number: text("nhs_number"),
        external_ref: text("external_ref"),
        date_of_birth: text("date_of_birth"),
        note: text("note"),
        address: address(fields),
    }
}

/// No address where none of its fields holds anything.
pub fn address(fields: &Fields) -> Option<TypedAddress> {
    let typed = typed_address(fields);
    (typed != TypedAddress::default()).then_some(typed)
}

/// The fields of an address.
pub fn typed_address(fields: &Fields) -> TypedAddress {
    let text = |name: &str| field(fields, name).to_owned();
    TypedAddress {
        line1: text("line1"),
        line2: text("line2"),
        city: text("city"),
        postcode: text("postcode"),
        country: text("country"),
        access_notes: text("access_notes"),
    }
}

/// An address as it is typed again.
pub fn address_again(of: &Address) -> TypedAddress {
    TypedAddress {
        line1: of.line1.clone(),
        line2: of.line2.clone(),
        city: of.city.clone(),
        postcode: of.postcode.clone(),
        country: of.country.clone(),
        access_notes: of.access_notes.clone(),
    }
}

pub fn typed_of(details: &Details) -> Typed {
    let address = details.address.as_ref().map(address_again);
    Typed {
        title: details.title.clone(),
        first_name: details.first_name.clone(),
        last_name: details.last_name.clone(),
        sex: details.sex.clone(),
        phone: details.phone.clone(),
        email: details.email.clone(),
        nhs_number: details.nhs_number.clone(),
        external_ref: details.external_ref.clone(),
        date_of_birth: details.date_of_birth.to_string(),
        note: details.note.clone(),
        address,
    }
}
