//! One type per kind of row, so that a resident's id cannot stand where a staff member's is meant.

/// Declares id types over the 64-bit row numbers of both databases.
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

ids! {
    OrganisationId,
    PlaceId,
    AccountId,
    MembershipId,
    SessionId,
    PasskeyId,
    ResidentId,
    StaffMemberId,
    ConnectionId,
    TokenId,
    /// A resident or staff member as the vendor sent it.
    ExternalRecordId,
    PairingId,
    RunId,
    /// The rest of a plan, held back.
    DraftId,
    LetterId,
    ActivityId,
    /// One resident's part in an activity.
    ParticipationId,
    /// What waits for a timeline, or stands on it.
    EntryId,
    /// One person as the relative of one resident.
    RelativeId,
    InvitationId,
    /// A browser that several members of staff use.
    DeviceId,
    ConsentId,
    /// What sends night events.
    MonitorId,
    /// Something that happened at night, as a device sent it.
    NightEventId,
    /// Somebody whom a vendor lists as staff, waiting for a decision or decided.
    ApprovalId,
    AppointmentId,
    /// What can become of an appointment, in an organisation's own words.
    StatusTypeId,
    /// Appointments that were planned together.
    SeriesId,
    /// What a therapist wrote of a session, as a vendor sent it.
    SessionNoteId,
    /// A change by a note that a person decides.
    ProposalId,
    /// A signature's picture.
    SignatureImageId,
    /// Another name of a place.
    PlaceAliasId,
    /// A skill, training or credential that a practitioner may have.
    SkillId,
    ShiftId,
    /// What is done at a visit.
    TaskId,
    TaskVersionId,
    /// Hours that a patient is promised.
    WindowId,
    CoverageAreaId,
    ApiKeyId,
    WebhookEndpointId,
    WebhookEventId,
    WebhookDeliveryId,
    PatientId,
    /// An appointment of a patient.
    VisitId,
    VisitStepId,
    VisitPhotoId,
    VisitSeriesId,
    /// A file that goes with appointments or with a task.
    DocumentId,
    /// Many visits changed at once.
    BatchId,
    DayPlanId,
    /// A visit that a care home booked with another organisation.
    BookedVisitId,
}
