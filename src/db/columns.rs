//! How the portal's own types stand in columns: ids as BIGINT, states and roles as TEXT.
//!
//! Written out by macro because the ids live in `kit`, which knows no database.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, Queryable};
use diesel::expression::AsExpression;
// The path that diesel's own derive writes: the derive itself would need diesel in `kit`.
use diesel::internal::derives::as_expression::Bound;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::{BigInt, Nullable, SingleValue};

use crate::kit::ids::{
    AccountId, ActivityId, ApiKeyId, AppointmentId, ApprovalId, BatchId, BookedVisitId, ConnectionId,
    ConsentId, CoverageAreaId, DayPlanId, DeviceId, DocumentId, DraftId, EntryId, ExternalRecordId,
    InvitationId, LetterId, MembershipId, MonitorId, NightEventId, OrganisationId, PairingId,
    ParticipationId, PatientId, PlaceAliasId, PlaceId, ProposalId, RelativeId, ResidentId, RunId, SeriesId,
    SessionId, SessionNoteId, ShiftId, SignatureImageId, SkillId, StaffMemberId, StatusTypeId, TaskId,
    TaskVersionId, TokenId, VisitId, VisitPhotoId, VisitSeriesId, VisitStepId, WebhookDeliveryId,
    WebhookEndpointId, WebhookEventId, WindowId,
};

macro_rules! id_columns {
    ($($id:ty),+ $(,)?) => {$(
        impl<DB: Backend> FromSql<BigInt, DB> for $id
        where
            i64: FromSql<BigInt, DB>,
        {
            fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
                i64::from_sql(value).map(Self)
            }
        }

        impl<DB: Backend> ToSql<BigInt, DB> for $id
        where
            i64: ToSql<BigInt, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                self.0.to_sql(out)
            }
        }

        impl<DB: Backend> ToSql<Nullable<BigInt>, DB> for $id
        where
            Self: ToSql<BigInt, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                ToSql::<BigInt, DB>::to_sql(self, out)
            }
        }

        impl<ST, DB> Queryable<ST, DB> for $id
        where
            DB: Backend,
            ST: SingleValue,
            Self: FromSql<ST, DB>,
        {
            type Row = Self;
            fn build(row: Self) -> deserialize::Result<Self> {
                Ok(row)
            }
        }

        impl AsExpression<BigInt> for $id {
            type Expression = Bound<BigInt, Self>;
            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }

        impl<'e> AsExpression<BigInt> for &'e $id {
            type Expression = Bound<BigInt, Self>;
            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }

        impl AsExpression<Nullable<BigInt>> for $id {
            type Expression = Bound<Nullable<BigInt>, Self>;
            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }

        impl<'e> AsExpression<Nullable<BigInt>> for &'e $id {
            type Expression = Bound<Nullable<BigInt>, Self>;
            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }
    )+};
}

id_columns!(
    AccountId,
    ActivityId,
    ApprovalId,
    ConnectionId,
    ConsentId,
    DeviceId,
    DraftId,
    EntryId,
    ExternalRecordId,
    InvitationId,
    LetterId,
    MembershipId,
    MonitorId,
    NightEventId,
    OrganisationId,
    PairingId,
    ParticipationId,
    PlaceId,
    RelativeId,
    ResidentId,
    RunId,
    SessionId,
    StaffMemberId,
    AppointmentId,
    PlaceAliasId,
    ProposalId,
    SeriesId,
    SessionNoteId,
    SignatureImageId,
    StatusTypeId,
    TokenId,
    SkillId,
    ShiftId,
    TaskId,
    TaskVersionId,
    WindowId,
    CoverageAreaId,
    ApiKeyId,
    WebhookEndpointId,
    WebhookEventId,
    WebhookDeliveryId,
    PatientId,
    VisitId,
    VisitStepId,
    VisitPhotoId,
    VisitSeriesId,
    DocumentId,
    BatchId,
    DayPlanId,
    BookedVisitId,
);

/// Declares an enum that is stored as text: `text_enum! { pub enum State { Active = "active" } }`.
/// Text that is none of the variants fails the read and names the value.
#[macro_export]
macro_rules! text_enum {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord,
            diesel::expression::AsExpression, diesel::deserialize::FromSqlRow,
        )]
        #[diesel(sql_type = diesel::sql_types::Text)]
        $vis enum $name { $($(#[$doc])* $variant),+ }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word under which it is stored and sent.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        impl<DB: diesel::backend::Backend> diesel::deserialize::FromSql<diesel::sql_types::Text, DB> for $name
        where
            String: diesel::deserialize::FromSql<diesel::sql_types::Text, DB>,
        {
            fn from_sql(value: DB::RawValue<'_>) -> diesel::deserialize::Result<Self> {
                let text = String::from_sql(value)?;
                Self::parse(&text).ok_or_else(|| concat!("unknown ", stringify!($name), " in the database").into())
            }
        }

        impl<DB: diesel::backend::Backend> diesel::serialize::ToSql<diesel::sql_types::Text, DB> for $name
        where
            str: diesel::serialize::ToSql<diesel::sql_types::Text, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, DB>) -> diesel::serialize::Result {
                self.as_str().to_sql(out)
            }
        }
    };
}
pub use crate::text_enum;
