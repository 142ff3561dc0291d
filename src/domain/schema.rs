// Printed from the SQLite migrations (diesel.toml); a test keeps it level with both engines.

diesel::table! {
    accounts (id) {
        id -> BigInt,
        email -> Text,
        name -> Text,
        password_hash -> Nullable<Text>,
        is_representative -> Bool,
        state -> Text,
        created_at -> Timestamp,
        password_changed_at -> Nullable<Timestamp>,
        second_step_at -> Nullable<Timestamp>,
        short_password -> Bool,
    }
}

diesel::table! {
    activations (id) {
        id -> BigInt,
        account_id -> BigInt,
        token_hash -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
        invited_by -> Text,
    }
}

diesel::table! {
    activities (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        name -> Text,
        details -> Text,
        location -> Text,
        starts_at -> Timestamp,
        state -> Text,
        planned_by -> Nullable<BigInt>,
        planned_by_name -> Text,
        completed_by -> Nullable<BigInt>,
        completed_by_name -> Text,
        completed_at -> Nullable<Timestamp>,
        cancelled_because -> Text,
        version -> BigInt,
        created_at -> Timestamp,
    }
}

diesel::table! {
    approval_links (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        account_id -> BigInt,
        token_hash -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    approval_places (id) {
        id -> BigInt,
        approval_id -> BigInt,
        place_id -> BigInt,
    }
}

diesel::table! {
    approvals (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        connection_id -> BigInt,
        external_record_id -> BigInt,
        state -> Text,
        first_name -> Text,
        last_name -> Text,
        email -> Text,
        vendor_role -> Text,
        job_title -> Text,
        title_folded -> Text,
        service -> Text,
        sort_name -> Text,
        search_text -> Text,
        flags -> Text,
        looked_flags -> Text,
        looked_by_name -> Text,
        left_before -> Bool,
        role -> Nullable<Text>,
        permissions -> Text,
        ends_on -> Nullable<Date>,
        reason -> Text,
        since -> Timestamp,
        decided_at -> Nullable<Timestamp>,
        decided_by_name -> Text,
    }
}

diesel::table! {
    audit_events (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        at -> Timestamp,
        actor_id -> Nullable<BigInt>,
        actor_name -> Text,
        verb -> Text,
        words -> Text,
        subject -> Text,
        subject_id -> Nullable<BigInt>,
        run_id -> Nullable<BigInt>,
        details -> Text,
        address -> Text,
        session_id -> Nullable<BigInt>,
        previous_hash -> Text,
        hash -> Text,
    }
}

diesel::table! {
    audit_heads (organisation_id) {
        organisation_id -> BigInt,
        hash -> Text,
        events -> BigInt,
    }
}

diesel::table! {
    bereavements (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        resident_id -> BigInt,
        recorded_by_name -> Text,
        recorded_at -> Timestamp,
        memorial_until -> Date,
        ended_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    authenticators (id) {
        id -> BigInt,
        account_id -> BigInt,
        sealed -> Text,
        created_at -> Timestamp,
        confirmed_at -> Nullable<Timestamp>,
        last_step -> BigInt,
    }
}

diesel::table! {
    connection_homes (id) {
        id -> BigInt,
        connection_id -> BigInt,
        place_id -> BigInt,
    }
}

diesel::table! {
    connection_tokens (id) {
        id -> BigInt,
        connection_id -> BigInt,
        label -> Text,
        sealed -> Binary,
        token_hash -> Text,
        ends_with -> Text,
        made_by_name -> Text,
        made_at -> Timestamp,
        replaces -> Nullable<BigInt>,
        expires_at -> Nullable<Timestamp>,
        revoked_at -> Nullable<Timestamp>,
        last_used_at -> Nullable<Timestamp>,
        valid_until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    connections (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        vendor -> Text,
        available -> Bool,
        state -> Text,
        sync_mode -> Text,
        multi_service -> Bool,
        multi_service_asked_at -> Nullable<Timestamp>,
        terms_version -> Text,
        terms_accepted_at -> Nullable<Timestamp>,
        terms_accepted_by -> Text,
        last_good_at -> Nullable<Timestamp>,
        last_tried_at -> Nullable<Timestamp>,
        last_failure -> Text,
        last_repair -> Text,
        failures -> Integer,
        alerted_at -> Nullable<Timestamp>,
        alerted_whom -> Text,
        next_run_at -> Nullable<Timestamp>,
        retry_at -> Nullable<Timestamp>,
        services_read_at -> Nullable<Timestamp>,
        last_complete_residents -> BigInt,
        last_complete_staff -> BigInt,
        matched_with -> Text,
        created_at -> Timestamp,
        asked_at -> Nullable<Timestamp>,
        asked_by -> Text,
        charge_accepted_at -> Nullable<Timestamp>,
        charge_accepted_by -> Text,
        failing_since -> Nullable<Timestamp>,
        unheard -> Integer,
    }
}

diesel::table! {
    consents (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        resident_id -> BigInt,
        topic -> Text,
        decision -> Text,
        basis -> Text,
        attorney -> Text,
        note -> Text,
        recorded_by -> Nullable<BigInt>,
        recorded_by_name -> Text,
        recorded_at -> Timestamp,
        review_on -> Nullable<Date>,
        lapsed_at -> Nullable<Timestamp>,
        ended_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    digest_choices (account_id) {
        account_id -> BigInt,
        how_often -> Text,
        muted -> Text,
        since -> Timestamp,
        next_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    digests (id) {
        id -> BigInt,
        account_id -> BigInt,
        morning -> Date,
        told_until -> Timestamp,
        letter_id -> Nullable<BigInt>,
        token_hash -> Text,
        stops_until -> Timestamp,
    }
}

diesel::table! {
    documents (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        mode -> Text,
        public_id -> Text,
        name -> Text,
        media -> Text,
        digest -> Text,
        length -> BigInt,
        kept_at -> Timestamp,
        kept_by_name -> Text,
        bytes -> Binary,
    }
}

diesel::table! {
    documents_refused (organisation_id) {
        organisation_id -> BigInt,
        refused_at -> Timestamp,
    }
}

diesel::table! {
    email_changes (id) {
        id -> BigInt,
        account_id -> BigInt,
        old_email -> Text,
        new_email -> Text,
        token_hash -> Text,
        stop_hash -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    daily_letters (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        kind -> Text,
        local_date -> Date,
    }
}

diesel::table! {
    external_records (id) {
        id -> BigInt,
        connection_id -> BigInt,
        kind -> Text,
        external_id -> Text,
        content_hash -> Text,
        data -> Text,
        sort_name -> Text,
        missing_runs -> Integer,
        left_hash -> Text,
        first_seen_at -> Timestamp,
        changed_at -> Timestamp,
    }
}

diesel::table! {
    family_settings (organisation_id) {
        organisation_id -> BigInt,
        confirm_first -> Bool,
        primary_invites -> Bool,
        primary_limit -> BigInt,
        primary_approval -> Bool,
        memorial_days -> BigInt,
    }
}

diesel::table! {
    field_sources (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        field -> Text,
        vendors -> Text,
        set_by_name -> Text,
        set_at -> Timestamp,
    }
}

diesel::table! {
    home_contacts (place_id) {
        place_id -> BigInt,
        telephone -> Text,
        address -> Text,
    }
}

diesel::table! {
    half_sign_ins (id) {
        id -> BigInt,
        account_id -> BigInt,
        token_hash -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
        address -> Text,
        device -> Text,
        browser_hash -> Text,
    }
}

diesel::table! {
    installation (name) {
        name -> Text,
        value -> Text,
    }
}

diesel::table! {
    invitation_links (id) {
        id -> BigInt,
        invitation_id -> BigInt,
        kind -> Text,
        token_hash -> Text,
        email -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    invitations (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        resident_id -> BigInt,
        name -> Text,
        email -> Text,
        relationship -> Text,
        branch -> Text,
        is_primary -> Bool,
        topics -> Text,
        source -> Text,
        invited_by -> Nullable<BigInt>,
        invited_by_name -> Text,
        state -> Text,
        created_at -> Timestamp,
        opened_at -> Nullable<Timestamp>,
        reminded_at -> Nullable<Timestamp>,
        settled_at -> Nullable<Timestamp>,
        account_id -> Nullable<BigInt>,
        trouble -> Text,
        letter_id -> Nullable<BigInt>,
        expires_at -> Nullable<Timestamp>,
        search_text -> Text,
        printed_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    known_browsers (id) {
        id -> BigInt,
        account_id -> BigInt,
        browser_hash -> Text,
        last_seen_at -> Timestamp,
    }
}

diesel::table! {
    late_forms (activity_id, replay_key) {
        activity_id -> BigInt,
        replay_key -> Text,
        account_id -> Nullable<BigInt>,
        arrived_at -> Timestamp,
    }
}

diesel::table! {
    late_parts (id) {
        id -> BigInt,
        participation_id -> BigInt,
        took_part -> Bool,
        reason -> Text,
        rating -> Nullable<Integer>,
        comment -> Text,
        completed_by -> Text,
        by_name -> Text,
        noted_at -> Nullable<Timestamp>,
        arrived_at -> Timestamp,
        settled_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    letters (id) {
        id -> BigInt,
        organisation_id -> Nullable<BigInt>,
        message_id -> Text,
        to_email -> Text,
        to_name -> Text,
        subject -> Text,
        body_text -> Text,
        body_html -> Text,
        created_at -> Timestamp,
        state -> Text,
        attempts -> Integer,
        next_attempt_at -> Nullable<Timestamp>,
        last_error -> Text,
        kind -> Text,
        useless_after -> Nullable<Timestamp>,
        unsubscribe -> Text,
        delays -> Integer,
        settled_at -> Nullable<Timestamp>,
        answer -> Text,
        sealed -> Text,
    }
}

diesel::table! {
    mail_troubles (id) {
        id -> BigInt,
        began_at -> Timestamp,
        kind -> Text,
        words -> Text,
        repair -> Text,
        tries -> Integer,
        retry_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    membership_places (id) {
        id -> BigInt,
        membership_id -> BigInt,
        place_id -> BigInt,
    }
}

diesel::table! {
    memberships (id) {
        id -> BigInt,
        account_id -> BigInt,
        organisation_id -> BigInt,
        role -> Text,
        permissions -> Text,
        created_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
        ends_on -> Nullable<Date>,
        staff_digest -> Bool,
    }
}

diesel::table! {
    organisations (id) {
        id -> BigInt,
        name -> Text,
        kind -> Text,
        sector -> Text,
        time_zone -> Text,
        guard_percent -> Integer,
        guard_people -> Integer,
        active_residents -> BigInt,
        archived_residents -> BigInt,
        created_at -> Timestamp,
        staff_two_step -> Bool,
    }
}

diesel::table! {
    pairings (id) {
        id -> BigInt,
        connection_id -> BigInt,
        kind -> Text,
        external_record_id -> BigInt,
        local_id -> BigInt,
        origin -> Text,
        rule -> Text,
        evidence -> Text,
        paired_by_name -> Text,
        paired_at -> Timestamp,
        applied_at -> Nullable<Timestamp>,
        run_id -> Nullable<BigInt>,
        batch -> Text,
        ended_at -> Nullable<Timestamp>,
        ended_by_name -> Text,
        ended_because -> Text,
        strength -> Text,
        ended_with -> Text,
    }
}

diesel::table! {
    parked (id) {
        id -> BigInt,
        connection_id -> BigInt,
        kind -> Text,
        local_id -> BigInt,
        reason -> Text,
        until -> Date,
        parked_by_name -> Text,
        parked_at -> Timestamp,
    }
}

diesel::table! {
    participations (id) {
        id -> BigInt,
        activity_id -> BigInt,
        resident_id -> BigInt,
        key -> Text,
        at -> Timestamp,
        state -> Text,
        took_part -> Bool,
        reason -> Text,
        rating -> Nullable<Integer>,
        comment -> Text,
        completed_by -> Text,
        version -> Integer,
        recorded_by -> Nullable<BigInt>,
        recorded_by_name -> Text,
        recorded_at -> Nullable<Timestamp>,
        noted_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    passkey_ceremonies (id) {
        id -> BigInt,
        account_id -> Nullable<BigInt>,
        holder -> Text,
        sealed -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    passkeys (id) {
        id -> BigInt,
        account_id -> BigInt,
        name -> Text,
        credential_hash -> Text,
        stored -> Text,
        counter -> BigInt,
        created_at -> Timestamp,
        last_used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    permission_presets (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        name -> Text,
        name_folded -> Text,
        permissions -> Text,
    }
}

diesel::table! {
    pin_tries (id) {
        id -> BigInt,
        device_id -> BigInt,
        account_id -> BigInt,
        wrong -> BigInt,
    }
}

diesel::table! {
    pins (account_id) {
        account_id -> BigInt,
        hash -> Text,
        set_at -> Timestamp,
    }
}

diesel::table! {
    places (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        parent_id -> Nullable<BigInt>,
        kind -> Text,
        name -> Text,
        name_folded -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    recovery_codes (id) {
        id -> BigInt,
        account_id -> BigInt,
        code_hash -> Text,
        created_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    recovery_sheets (id) {
        id -> BigInt,
        account_id -> BigInt,
        sealed -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    refusals (id) {
        id -> BigInt,
        connection_id -> BigInt,
        kind -> Text,
        external_record_id -> BigInt,
        local_id -> BigInt,
        because -> Text,
        made_by_name -> Text,
        made_at -> Timestamp,
        withdrawn_at -> Nullable<Timestamp>,
        strength -> Text,
    }
}

diesel::table! {
    relative_tasks (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        connection_id -> BigInt,
        external_id -> Text,
        person -> Text,
        name -> Text,
        email -> Text,
        relationship -> Text,
        state -> Text,
        answer -> Text,
        seen_at -> Timestamp,
        settled_at -> Nullable<Timestamp>,
        invitation_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    relatives (id) {
        id -> BigInt,
        resident_id -> BigInt,
        account_id -> BigInt,
        relationship -> Text,
        created_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
        branch -> Text,
        is_primary -> Bool,
        topics -> Text,
        waiting -> Bool,
    }
}

diesel::table! {
    resident_letters (letter_id, resident_id) {
        letter_id -> BigInt,
        resident_id -> BigInt,
    }
}

diesel::table! {
    reset_requests (id) {
        id -> BigInt,
        email -> Text,
        address -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    resets (id) {
        id -> BigInt,
        account_id -> BigInt,
        token_hash -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    resident_overrides (id) {
        id -> BigInt,
        resident_id -> BigInt,
        field -> Text,
        until -> Date,
        set_by_name -> Text,
        set_at -> Timestamp,
        reason -> Text,
    }
}

diesel::table! {
    residents (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        home_id -> BigInt,
        zone_id -> Nullable<BigInt>,
        room -> Text,
        first_name -> Text,
        last_name -> Text,
        preferred_name -> Text,
        date_of_birth -> Nullable<Date>,
        nhs_number -> Text,
        resident_type -> Text,
        care_status -> Text,
        state -> Text,
        archived_at -> Nullable<Timestamp>,
        archived_because -> Text,
        sort_name -> Text,
        search_text -> Text,
        look_alike -> Bool,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    run_changes (id) {
        id -> BigInt,
        run_id -> BigInt,
        kind -> Text,
        subject -> Text,
        local_id -> Nullable<BigInt>,
        external_record_id -> Nullable<BigInt>,
        name -> Text,
        place -> Text,
        before -> Text,
        after -> Text,
        words -> Text,
        undone -> Bool,
        external_id -> Text,
    }
}

diesel::table! {
    run_drafts (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        connection_id -> BigInt,
        run_id -> BigInt,
        name -> Text,
        until -> Date,
        state -> Text,
        made_by_name -> Text,
        made_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
        ended_by_name -> Text,
        applied_run_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    draft_steps (id) {
        id -> BigInt,
        draft_id -> BigInt,
        kind -> Text,
        subject -> Text,
        local_id -> Nullable<BigInt>,
        external_id -> Text,
        name -> Text,
        place -> Text,
        before -> Text,
        after -> Text,
        words -> Text,
    }
}

diesel::table! {
    run_problems (id) {
        id -> BigInt,
        run_id -> BigInt,
        subject -> Text,
        external_id -> Text,
        name -> Text,
        reason -> Text,
        repair -> Text,
    }
}

diesel::table! {
    run_snapshots (id) {
        id -> BigInt,
        run_id -> BigInt,
        batch -> Text,
    }
}

diesel::table! {
    secret_checks (id) {
        id -> BigInt,
        key -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    sessions (id) {
        id -> BigInt,
        token_hash -> Text,
        account_id -> BigInt,
        created_at -> Timestamp,
        last_used_at -> Timestamp,
        confirmed_at -> Timestamp,
        address -> Text,
        device -> Text,
        ended_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    shared_devices (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        place_id -> BigInt,
        name -> Text,
        token_hash -> Text,
        registered_by_name -> Text,
        created_at -> Timestamp,
        revoked_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    shared_sessions (session_id) {
        session_id -> BigInt,
        device_id -> BigInt,
    }
}

diesel::table! {
    staff_members (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        account_id -> Nullable<BigInt>,
        home_id -> Nullable<BigInt>,
        first_name -> Text,
        last_name -> Text,
        email -> Text,
        job_title -> Text,
        state -> Text,
        sort_name -> Text,
        search_text -> Text,
        look_alike -> Bool,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        suspended_at -> Nullable<Timestamp>,
        suspended_because -> Text,
        suspended_by_name -> Text,
    }
}

diesel::table! {
    suggestions (id) {
        id -> BigInt,
        connection_id -> BigInt,
        kind -> Text,
        local_id -> BigInt,
        external_record_id -> BigInt,
        rank -> Integer,
        score -> BigInt,
        several -> Bool,
        evidence -> Text,
    }
}

diesel::table! {
    sync_runs (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        connection_id -> BigInt,
        cause -> Text,
        scope -> Text,
        is_preview -> Bool,
        state -> Text,
        local_date -> Nullable<Date>,
        requested_by -> Nullable<BigInt>,
        requested_by_name -> Text,
        requested_at -> Timestamp,
        started_at -> Nullable<Timestamp>,
        finished_at -> Nullable<Timestamp>,
        lease_until -> Nullable<Timestamp>,
        epoch -> BigInt,
        done -> BigInt,
        total -> BigInt,
        progress -> Text,
        cancel_asked -> Bool,
        counts -> Text,
        plan_hash -> Text,
        failure -> Text,
        repair -> Text,
        held_because -> Text,
        affected -> BigInt,
        released_by -> Nullable<BigInt>,
        released_by_name -> Text,
        seconded_by_name -> Text,
        undone_at -> Nullable<Timestamp>,
        undone_by_name -> Text,
        resident_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    task_reads (connection_id) {
        connection_id -> BigInt,
        read_at -> Timestamp,
    }
}

diesel::table! {
    monitoring_devices (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        home_id -> BigInt,
        room -> Text,
        name -> Text,
        key_hash -> Text,
        key_end -> Text,
        made_by_name -> Text,
        created_at -> Timestamp,
        rotated_at -> Nullable<Timestamp>,
        last_used_at -> Nullable<Timestamp>,
        revoked_at -> Nullable<Timestamp>,
        minute_began_at -> Nullable<Timestamp>,
        minute_requests -> BigInt,
        refused -> BigInt,
    }
}

diesel::table! {
    monitoring_events (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        device_id -> BigInt,
        resident_id -> BigInt,
        device_event_id -> Text,
        kind -> Text,
        severity -> Text,
        title -> Text,
        details -> Text,
        room -> Text,
        answered_by -> Text,
        occurred_at -> Timestamp,
        received_at -> Timestamp,
        outcome -> Text,
        first_id -> Nullable<BigInt>,
        entry_key -> Text,
        gathers_until -> Nullable<Timestamp>,
        times -> BigInt,
        told -> BigInt,
        version -> Integer,
    }
}

diesel::table! {
    monitoring_settings (organisation_id) {
        organisation_id -> BigInt,
        window_minutes -> Integer,
        at_least -> Text,
    }
}

diesel::table! {
    monitoring_thresholds (resident_id) {
        resident_id -> BigInt,
        at_least -> Text,
        kept_here -> Text,
    }
}

diesel::table! {
    timeline_choices (resident_id) {
        resident_id -> BigInt,
        vendor -> Text,
    }
}

diesel::table! {
    timeline_codes (id) {
        id -> BigInt,
        connection_id -> BigInt,
        topic -> Text,
        code -> Text,
    }
}

diesel::table! {
    timeline_defaults (organisation_id) {
        organisation_id -> BigInt,
        vendor -> Text,
    }
}

diesel::table! {
    timeline_entries (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        resident_id -> BigInt,
        vendor -> Text,
        source -> Text,
        source_id -> BigInt,
        version -> Integer,
        external_id -> Text,
        change -> Text,
        replaces_id -> Nullable<BigInt>,
        occurred_at -> Timestamp,
        activity_name -> Text,
        details -> Text,
        location -> Text,
        took_part -> Bool,
        rating -> Nullable<Integer>,
        comment -> Text,
        completed_by -> Text,
        state -> Text,
        pending -> Bool,
        because -> Text,
        repair -> Text,
        attempts -> Integer,
        first_tried_at -> Nullable<Timestamp>,
        next_attempt_at -> Nullable<Timestamp>,
        lease_until -> Nullable<Timestamp>,
        epoch -> BigInt,
        look_first -> Bool,
        vendor_id -> Text,
        created_at -> Timestamp,
        settled_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    timeline_pauses (connection_id) {
        connection_id -> BigInt,
        failures -> Integer,
        until -> Nullable<Timestamp>,
        because -> Text,
        told_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    unpaired (id) {
        id -> BigInt,
        connection_id -> BigInt,
        kind -> Text,
        local_id -> BigInt,
        why -> Text,
    }
}

diesel::table! {
    vendor_messages (id) {
        id -> BigInt,
        connection_id -> BigInt,
        at -> Timestamp,
        operation -> Text,
        status -> Nullable<Integer>,
        failure -> Text,
        sent_bytes -> BigInt,
        received_bytes -> BigInt,
        took_ms -> BigInt,
    }
}

diesel::table! {
    vendor_services (id) {
        id -> BigInt,
        connection_id -> BigInt,
        external_id -> Text,
        name -> Text,
        name_folded -> Text,
        token_id -> Nullable<BigInt>,
        active -> Bool,
        locations -> Text,
        seen_at -> Timestamp,
    }
}

diesel::table! {
    staff_places (id) {
        id -> BigInt,
        staff_member_id -> BigInt,
        place_id -> BigInt,
    }
}

diesel::table! {
    place_aliases (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        place_id -> BigInt,
        name -> Text,
        name_folded -> Text,
    }
}

diesel::table! {
    status_types (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        name -> Text,
        name_folded -> Text,
        billable -> Bool,
        payroll -> Bool,
        cancellation -> Bool,
        makeupable -> Bool,
        auto_render -> Bool,
        retired_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    appointment_series (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        every_weeks -> Integer,
        weekdays -> Text,
        starts_on -> Date,
        ends_on -> Date,
        made_by_name -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    appointments (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        series_id -> Nullable<BigInt>,
        kind -> Text,
        resident_id -> Nullable<BigInt>,
        staff_member_id -> Nullable<BigInt>,
        place_id -> BigInt,
        service -> Text,
        directness -> Text,
        status_type_id -> BigInt,
        local_date -> Date,
        starts_at -> Timestamp,
        ends_at -> Timestamp,
        time_zone -> Text,
        state -> Text,
        details -> Text,
        results_notes -> Text,
        rendered_at -> Nullable<Timestamp>,
        rendered_by_name -> Text,
        invoiced_at -> Nullable<Timestamp>,
        invoice -> Text,
        cancelled_at -> Nullable<Timestamp>,
        cancelled_by_name -> Text,
        cancelling -> Text,
        causing -> Text,
        cancelled_because -> Text,
        cancelled_note -> Text,
        version -> BigInt,
        created_by_name -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    signature_images (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        hash -> Text,
        media -> Text,
        bytes -> Binary,
    }
}

diesel::table! {
    session_notes (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        connection_id -> BigInt,
        external_record_id -> BigInt,
        student_external_id -> Text,
        user_external_id -> Text,
        site_external_id -> Text,
        student_name -> Text,
        user_name -> Text,
        local_date -> Nullable<Date>,
        start_time -> Text,
        end_time -> Text,
        time_zone -> Text,
        status -> Text,
        is_published -> Bool,
        published_at -> Nullable<Timestamp>,
        version -> Integer,
        state -> Text,
        reason -> Text,
        because -> Text,
        repair -> Text,
        seen_at -> Timestamp,
        changed_at -> Timestamp,
    }
}

diesel::table! {
    note_versions (id) {
        id -> BigInt,
        note_id -> BigInt,
        version -> Integer,
        content_hash -> Text,
        data -> Text,
        received_at -> Timestamp,
    }
}

diesel::table! {
    appointment_sessions (appointment_id) {
        appointment_id -> BigInt,
        note_id -> Nullable<BigInt>,
        note_version -> Integer,
        guardian_name -> Text,
        relationship -> Text,
        session_date -> Nullable<Date>,
        session_start -> Text,
        session_end -> Text,
        guardian_image_id -> Nullable<BigInt>,
        guardian_signed_at -> Nullable<Timestamp>,
        guardian_place -> Text,
        therapist_image_id -> Nullable<BigInt>,
        therapist_signed_at -> Nullable<Timestamp>,
        therapist_place -> Text,
        render_place -> Text,
        before -> Text,
        filled_at -> Timestamp,
        filled_by_name -> Text,
    }
}

diesel::table! {
    note_proposals (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        note_id -> BigInt,
        version -> Integer,
        appointment_id -> BigInt,
        why -> Text,
        state -> Text,
        made_at -> Timestamp,
        decided_at -> Nullable<Timestamp>,
        decided_by_name -> Text,
    }
}

diesel::table! {
    therapy_settings (organisation_id) {
        organisation_id -> BigInt,
        grace_minutes -> Integer,
        meanwhile -> Bool,
        whose_time -> Text,
        results_needed -> Bool,
        guardian_needed -> Bool,
        therapist_needed -> Bool,
        weekly_report -> Bool,
    }
}

diesel::table! {
    mapping_rules_off (organisation_id, rule) {
        organisation_id -> BigInt,
        rule -> Text,
        off_by_name -> Text,
        off_at -> Timestamp,
    }
}

diesel::table! {
    mapping_reasons (external_record_id) {
        external_record_id -> BigInt,
        connection_id -> BigInt,
        kind -> Text,
        reason -> Text,
        words -> Text,
        local_id -> Nullable<BigInt>,
        evidence -> Text,
    }
}

diesel::table! {
    note_pulls (connection_id) {
        connection_id -> BigInt,
        notes_every -> Integer,
        people_every -> Integer,
        notes_read_at -> Nullable<Timestamp>,
        people_read_at -> Nullable<Timestamp>,
        modified_since -> Nullable<Timestamp>,
        matched_with -> Text,
    }
}

diesel::table! {
    skills (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        kind -> Text,
        name -> Text,
        name_folded -> Text,
        retired_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    practitioners (staff_member_id) {
        staff_member_id -> BigInt,
        organisation_id -> BigInt,
        base_postcode -> Text,
        active -> Bool,
        created_at -> Timestamp,
    }
}

diesel::table! {
    practitioner_skills (id) {
        id -> BigInt,
        staff_member_id -> BigInt,
        skill_id -> BigInt,
        expires_on -> Nullable<Date>,
        reference -> Text,
        recorded_by_name -> Text,
        recorded_at -> Timestamp,
    }
}

diesel::table! {
    shifts (id) {
        id -> BigInt,
        staff_member_id -> BigInt,
        weekdays -> Text,
        from_minute -> Integer,
        to_minute -> Integer,
    }
}

diesel::table! {
    tasks (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        public_id -> Text,
        created_at -> Timestamp,
        retired_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    task_versions (id) {
        id -> BigInt,
        task_id -> BigInt,
        number -> Integer,
        name -> Text,
        description -> Text,
        minutes -> Integer,
        scheduled -> Bool,
        minimum_gap_days -> Integer,
        documents -> Bool,
        state -> Text,
        agreed_by_name -> Text,
        agreed_at -> Nullable<Timestamp>,
        representative_name -> Text,
        representative_agreed_at -> Nullable<Timestamp>,
        created_by_name -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    task_steps (id) {
        id -> BigInt,
        task_version_id -> BigInt,
        position -> Integer,
        kind -> Text,
        words -> Text,
        snomed_code -> Text,
    }
}

diesel::table! {
    task_documents (task_version_id, document_id) {
        task_version_id -> BigInt,
        document_id -> BigInt,
        position -> Integer,
    }
}

diesel::table! {
    task_skills (id) {
        id -> BigInt,
        task_version_id -> BigInt,
        skill_id -> BigInt,
    }
}

diesel::table! {
    visit_windows (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        name -> Text,
        name_folded -> Text,
        from_minute -> Integer,
        to_minute -> Integer,
        weekdays -> Text,
        capacity -> Integer,
        created_at -> Timestamp,
        retired_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    coverage_areas (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        kind -> Text,
        district -> Text,
        miles -> Integer,
        created_at -> Timestamp,
    }
}

diesel::table! {
    api_keys (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        mode -> Text,
        name -> Text,
        key_hash -> Text,
        key_end -> Text,
        scopes -> Text,
        made_by_name -> Text,
        created_at -> Timestamp,
        last_used_at -> Nullable<Timestamp>,
        revoked_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    idempotency_keys (id) {
        id -> BigInt,
        api_key_id -> BigInt,
        name -> Text,
        request_hash -> Text,
        status -> Integer,
        body -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    webhook_events (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        mode -> Text,
        public_id -> Text,
        kind -> Text,
        about -> Text,
        body -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    webhook_endpoints (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        mode -> Text,
        name -> Text,
        url -> Text,
        secret -> Text,
        earlier_secret -> Text,
        earlier_until -> Nullable<Timestamp>,
        kinds -> Text,
        made_by_name -> Text,
        created_at -> Timestamp,
        disabled_at -> Nullable<Timestamp>,
        disabled_because -> Text,
        removed_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    webhook_deliveries (id) {
        id -> BigInt,
        endpoint_id -> BigInt,
        event_id -> BigInt,
        state -> Text,
        attempts -> Integer,
        next_attempt_at -> Nullable<Timestamp>,
        claimed_until -> Nullable<Timestamp>,
        last_status -> Nullable<Integer>,
        last_words -> Text,
        last_milliseconds -> Integer,
        created_at -> Timestamp,
        settled_at -> Nullable<Timestamp>,
        redelivered_by_name -> Text,
        last_attempt_at -> Nullable<Timestamp>,
        last_signature -> Text,
    }
}

diesel::table! {
    patients (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        mode -> Text,
        public_id -> Text,
        title -> Text,
        first_name -> Text,
        last_name -> Text,
        sex -> Text,
        phone -> Text,
        email -> Text,
        nhs_number -> Text,
        external_ref -> Text,
        date_of_birth -> Date,
        note -> Text,
        line1 -> Text,
        line2 -> Text,
        city -> Text,
        postcode -> Text,
        country -> Text,
        access_notes -> Text,
        sort_name -> Text,
        search_text -> Text,
        account_id -> Nullable<BigInt>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    visit_series (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        patient_id -> BigInt,
        every_weeks -> Integer,
        weekdays -> Text,
        starts_on -> Date,
        ends_on -> Date,
        keep_practitioner -> Bool,
        made_by_name -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    visits (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        mode -> Text,
        public_id -> Text,
        patient_id -> BigInt,
        task_version_id -> BigInt,
        window_id -> Nullable<BigInt>,
        local_date -> Nullable<Date>,
        starts_at -> Nullable<Timestamp>,
        ends_at -> Nullable<Timestamp>,
        scheduling -> Text,
        kind -> Text,
        status -> Text,
        plan_from -> Nullable<Date>,
        plan_to -> Nullable<Date>,
        external_ref -> Text,
        note -> Text,
        phone -> Text,
        place_kind -> Text,
        line1 -> Text,
        line2 -> Text,
        city -> Text,
        postcode -> Text,
        country -> Text,
        access_notes -> Text,
        metadata -> Text,
        staff_member_id -> Nullable<BigInt>,
        expected_at -> Nullable<Timestamp>,
        locked -> Bool,
        series_id -> Nullable<BigInt>,
        version -> BigInt,
        created_at -> Timestamp,
    }
}

diesel::table! {
    visit_outcomes (visit_id) {
        visit_id -> BigInt,
        updated_at -> Timestamp,
        outcome -> Text,
        outcome_note -> Text,
        readings -> Text,
        started_at -> Nullable<Timestamp>,
        finished_at -> Nullable<Timestamp>,
        cancelling_entity -> Text,
        causing_entity -> Text,
        reason_code -> Text,
        cancel_note -> Text,
        cancelled_at -> Nullable<Timestamp>,
        cancelled_by_name -> Text,
        chargeable -> Bool,
    }
}

diesel::table! {
    visit_documents (visit_id, document_id) {
        visit_id -> BigInt,
        document_id -> BigInt,
        position -> Integer,
    }
}

diesel::table! {
    visit_events (id) {
        id -> BigInt,
        visit_id -> BigInt,
        kind -> Text,
        words -> Text,
        by_name -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    visit_steps (id) {
        id -> BigInt,
        visit_id -> BigInt,
        position -> Integer,
        kind -> Text,
        words -> Text,
        snomed_code -> Text,
        done_at -> Nullable<Timestamp>,
        done_by_name -> Text,
    }
}

diesel::table! {
    visit_photos (id) {
        id -> BigInt,
        visit_step_id -> BigInt,
        media -> Text,
        digest -> Text,
        bytes -> Binary,
        taken_at -> Timestamp,
        taken_by_name -> Text,
    }
}

diesel::table! {
    visit_proofs (visit_id) {
        visit_id -> BigInt,
        signer -> Text,
        relationship -> Text,
        sealed -> Text,
        parts -> Text,
        digest -> Text,
        signed_at -> Timestamp,
        kept_by_name -> Text,
    }
}

diesel::table! {
    visit_late_forms (visit_id, replay_key) {
        visit_id -> BigInt,
        replay_key -> Text,
        arrived_at -> Timestamp,
    }
}

diesel::table! {
    visit_links (id) {
        id -> BigInt,
        visit_id -> BigInt,
        token_hash -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    visit_letters (id) {
        id -> BigInt,
        visit_id -> BigInt,
        kind -> Text,
        letter_id -> Nullable<BigInt>,
        written_at -> Timestamp,
    }
}

diesel::table! {
    visit_messages (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        kind -> Text,
        subject -> Text,
        body -> Text,
        changed_by_name -> Text,
        changed_at -> Timestamp,
    }
}

diesel::table! {
    visit_batches (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        act -> Text,
        words -> Text,
        made_by_name -> Text,
        created_at -> Timestamp,
        undone_at -> Nullable<Timestamp>,
        undone_by_name -> Text,
    }
}

diesel::table! {
    visit_batch_items (id) {
        id -> BigInt,
        batch_id -> BigInt,
        visit_id -> BigInt,
        was -> Text,
        is_now -> BigInt,
    }
}

diesel::table! {
    day_plans (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        local_date -> Date,
        made_by_name -> Text,
        created_at -> Timestamp,
        travel_minutes -> Integer,
        based_on -> Text,
        applied_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    day_plan_stops (id) {
        id -> BigInt,
        day_plan_id -> BigInt,
        staff_member_id -> Nullable<BigInt>,
        visit_id -> BigInt,
        position -> Integer,
        arrives_at -> Nullable<Timestamp>,
        leaves_at -> Nullable<Timestamp>,
        travel_minutes -> Integer,
        why_not -> Text,
    }
}

diesel::table! {
    booked_visits (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        connection_id -> BigInt,
        resident_id -> BigInt,
        external_ref -> Text,
        remote_id -> Text,
        remote_patient_id -> Text,
        task_id -> Text,
        task_name -> Text,
        window_id -> Text,
        window_name -> Text,
        starts_at -> Nullable<Timestamp>,
        ends_at -> Nullable<Timestamp>,
        status -> Text,
        state -> Text,
        note -> Text,
        cancel_note -> Text,
        last_words -> Text,
        booked_by_name -> Text,
        remote_updated_at -> Nullable<Timestamp>,
        asked_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        cancel_cause -> Text,
        next_at -> Nullable<Timestamp>,
        claimed_until -> Nullable<Timestamp>,
        cancel_reason -> Text,
    }
}

diesel::table! {
    booked_visit_events (id) {
        id -> BigInt,
        booked_visit_id -> BigInt,
        words -> Text,
        by_name -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    visit_services (connection_id) {
        connection_id -> BigInt,
        organisation_id -> BigInt,
        phone -> Text,
        email -> Text,
        shares_nhs_number -> Bool,
        hook_path -> Text,
        hook_form -> Text,
        hook_header -> Text,
        hook_sealed -> Binary,
        hook_end -> Text,
        heard_at -> Nullable<Timestamp>,
        changed_by_name -> Text,
        changed_at -> Timestamp,
    }
}

diesel::table! {
    heard_events (id) {
        id -> BigInt,
        connection_id -> BigInt,
        event_id -> Text,
        heard_at -> Timestamp,
    }
}

diesel::table! {
    home_addresses (place_id) {
        place_id -> BigInt,
        line1 -> Text,
        line2 -> Text,
        city -> Text,
        postcode -> Text,
        access_notes -> Text,
        changed_by_name -> Text,
        changed_at -> Timestamp,
    }
}

diesel::table! {
    sent_forms (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        form_key -> Text,
        made -> Text,
        made_id -> BigInt,
        created_at -> Timestamp,
    }
}

diesel::joinable!(activations -> accounts (account_id));
diesel::joinable!(activities -> organisations (organisation_id));
diesel::joinable!(authenticators -> accounts (account_id));
diesel::joinable!(approval_links -> accounts (account_id));
diesel::joinable!(approval_links -> organisations (organisation_id));
diesel::joinable!(approval_places -> approvals (approval_id));
diesel::joinable!(approval_places -> places (place_id));
diesel::joinable!(approvals -> connections (connection_id));
diesel::joinable!(approvals -> external_records (external_record_id));
diesel::joinable!(approvals -> organisations (organisation_id));
diesel::joinable!(connection_homes -> connections (connection_id));
diesel::joinable!(connection_homes -> places (place_id));
diesel::joinable!(connection_tokens -> connections (connection_id));
diesel::joinable!(bereavements -> organisations (organisation_id));
diesel::joinable!(bereavements -> residents (resident_id));
diesel::joinable!(connections -> organisations (organisation_id));
diesel::joinable!(consents -> accounts (recorded_by));
diesel::joinable!(consents -> organisations (organisation_id));
diesel::joinable!(consents -> residents (resident_id));
diesel::joinable!(digest_choices -> accounts (account_id));
diesel::joinable!(digests -> accounts (account_id));
diesel::joinable!(digests -> letters (letter_id));
diesel::joinable!(documents -> organisations (organisation_id));
diesel::joinable!(documents_refused -> organisations (organisation_id));
diesel::joinable!(email_changes -> accounts (account_id));
diesel::joinable!(daily_letters -> organisations (organisation_id));
diesel::joinable!(external_records -> connections (connection_id));
diesel::joinable!(family_settings -> organisations (organisation_id));
diesel::joinable!(field_sources -> organisations (organisation_id));
diesel::joinable!(home_contacts -> places (place_id));
diesel::joinable!(invitation_links -> invitations (invitation_id));
diesel::joinable!(invitations -> organisations (organisation_id));
diesel::joinable!(invitations -> residents (resident_id));
diesel::joinable!(half_sign_ins -> accounts (account_id));
diesel::joinable!(known_browsers -> accounts (account_id));
diesel::joinable!(late_forms -> accounts (account_id));
diesel::joinable!(late_forms -> activities (activity_id));
diesel::joinable!(late_parts -> participations (participation_id));
diesel::joinable!(membership_places -> memberships (membership_id));
diesel::joinable!(membership_places -> places (place_id));
diesel::joinable!(memberships -> accounts (account_id));
diesel::joinable!(memberships -> organisations (organisation_id));
diesel::joinable!(pairings -> connections (connection_id));
diesel::joinable!(pairings -> external_records (external_record_id));
diesel::joinable!(parked -> connections (connection_id));
diesel::joinable!(participations -> activities (activity_id));
diesel::joinable!(participations -> residents (resident_id));
diesel::joinable!(passkey_ceremonies -> accounts (account_id));
diesel::joinable!(passkeys -> accounts (account_id));
diesel::joinable!(permission_presets -> organisations (organisation_id));
diesel::joinable!(pin_tries -> accounts (account_id));
diesel::joinable!(pin_tries -> shared_devices (device_id));
diesel::joinable!(pins -> accounts (account_id));
diesel::joinable!(places -> organisations (organisation_id));
diesel::joinable!(recovery_codes -> accounts (account_id));
diesel::joinable!(recovery_sheets -> accounts (account_id));
diesel::joinable!(refusals -> connections (connection_id));
diesel::joinable!(refusals -> external_records (external_record_id));
diesel::joinable!(relative_tasks -> connections (connection_id));
diesel::joinable!(relative_tasks -> invitations (invitation_id));
diesel::joinable!(relative_tasks -> organisations (organisation_id));
diesel::joinable!(relatives -> residents (resident_id));
diesel::joinable!(relatives -> accounts (account_id));
diesel::joinable!(resident_letters -> letters (letter_id));
diesel::joinable!(resident_letters -> residents (resident_id));
diesel::joinable!(resets -> accounts (account_id));
diesel::joinable!(resident_overrides -> residents (resident_id));
diesel::joinable!(residents -> organisations (organisation_id));
diesel::joinable!(draft_steps -> run_drafts (draft_id));
diesel::joinable!(run_drafts -> connections (connection_id));
diesel::joinable!(run_drafts -> organisations (organisation_id));
diesel::joinable!(run_drafts -> sync_runs (run_id));
diesel::joinable!(run_changes -> sync_runs (run_id));
diesel::joinable!(run_problems -> sync_runs (run_id));
diesel::joinable!(run_snapshots -> sync_runs (run_id));
diesel::joinable!(sessions -> accounts (account_id));
diesel::joinable!(shared_devices -> organisations (organisation_id));
diesel::joinable!(shared_devices -> places (place_id));
diesel::joinable!(shared_sessions -> sessions (session_id));
diesel::joinable!(shared_sessions -> shared_devices (device_id));
diesel::joinable!(staff_members -> accounts (account_id));
diesel::joinable!(staff_members -> organisations (organisation_id));
diesel::joinable!(staff_members -> places (home_id));
diesel::joinable!(suggestions -> connections (connection_id));
diesel::joinable!(suggestions -> external_records (external_record_id));
diesel::joinable!(sync_runs -> connections (connection_id));
diesel::joinable!(sync_runs -> organisations (organisation_id));
diesel::joinable!(monitoring_devices -> organisations (organisation_id));
diesel::joinable!(monitoring_devices -> places (home_id));
diesel::joinable!(monitoring_events -> monitoring_devices (device_id));
diesel::joinable!(monitoring_events -> organisations (organisation_id));
diesel::joinable!(monitoring_events -> residents (resident_id));
diesel::joinable!(monitoring_settings -> organisations (organisation_id));
diesel::joinable!(monitoring_thresholds -> residents (resident_id));
diesel::joinable!(timeline_choices -> residents (resident_id));
diesel::joinable!(timeline_codes -> connections (connection_id));
diesel::joinable!(timeline_defaults -> organisations (organisation_id));
diesel::joinable!(timeline_entries -> organisations (organisation_id));
diesel::joinable!(timeline_entries -> residents (resident_id));
diesel::joinable!(timeline_pauses -> connections (connection_id));
diesel::joinable!(unpaired -> connections (connection_id));
diesel::joinable!(vendor_messages -> connections (connection_id));
diesel::joinable!(vendor_services -> connection_tokens (token_id));
diesel::joinable!(vendor_services -> connections (connection_id));
diesel::joinable!(staff_places -> staff_members (staff_member_id));
diesel::joinable!(staff_places -> places (place_id));
diesel::joinable!(place_aliases -> organisations (organisation_id));
diesel::joinable!(place_aliases -> places (place_id));
diesel::joinable!(status_types -> organisations (organisation_id));
diesel::joinable!(appointment_series -> organisations (organisation_id));
diesel::joinable!(appointments -> organisations (organisation_id));
diesel::joinable!(appointments -> appointment_series (series_id));
diesel::joinable!(appointments -> residents (resident_id));
diesel::joinable!(appointments -> staff_members (staff_member_id));
diesel::joinable!(appointments -> places (place_id));
diesel::joinable!(appointments -> status_types (status_type_id));
diesel::joinable!(signature_images -> organisations (organisation_id));
diesel::joinable!(session_notes -> organisations (organisation_id));
diesel::joinable!(session_notes -> connections (connection_id));
diesel::joinable!(session_notes -> external_records (external_record_id));
diesel::joinable!(note_versions -> session_notes (note_id));
diesel::joinable!(appointment_sessions -> appointments (appointment_id));
diesel::joinable!(appointment_sessions -> session_notes (note_id));
diesel::joinable!(note_proposals -> organisations (organisation_id));
diesel::joinable!(note_proposals -> session_notes (note_id));
diesel::joinable!(note_proposals -> appointments (appointment_id));
diesel::joinable!(therapy_settings -> organisations (organisation_id));
diesel::joinable!(note_pulls -> connections (connection_id));
diesel::joinable!(mapping_rules_off -> organisations (organisation_id));
diesel::joinable!(mapping_reasons -> connections (connection_id));
diesel::joinable!(mapping_reasons -> external_records (external_record_id));
diesel::joinable!(skills -> organisations (organisation_id));
diesel::joinable!(practitioners -> staff_members (staff_member_id));
diesel::joinable!(practitioners -> organisations (organisation_id));
diesel::joinable!(practitioner_skills -> staff_members (staff_member_id));
diesel::joinable!(practitioner_skills -> skills (skill_id));
diesel::joinable!(shifts -> staff_members (staff_member_id));
diesel::joinable!(tasks -> organisations (organisation_id));
diesel::joinable!(task_versions -> tasks (task_id));
diesel::joinable!(task_steps -> task_versions (task_version_id));
diesel::joinable!(task_documents -> documents (document_id));
diesel::joinable!(task_documents -> task_versions (task_version_id));
diesel::joinable!(task_skills -> task_versions (task_version_id));
diesel::joinable!(task_skills -> skills (skill_id));
diesel::joinable!(visit_windows -> organisations (organisation_id));
diesel::joinable!(coverage_areas -> organisations (organisation_id));
diesel::joinable!(api_keys -> organisations (organisation_id));
diesel::joinable!(idempotency_keys -> api_keys (api_key_id));
diesel::joinable!(webhook_events -> organisations (organisation_id));
diesel::joinable!(webhook_endpoints -> organisations (organisation_id));
diesel::joinable!(webhook_deliveries -> webhook_endpoints (endpoint_id));
diesel::joinable!(webhook_deliveries -> webhook_events (event_id));
diesel::joinable!(patients -> organisations (organisation_id));
diesel::joinable!(patients -> accounts (account_id));
diesel::joinable!(sent_forms -> organisations (organisation_id));
diesel::joinable!(visit_series -> organisations (organisation_id));
diesel::joinable!(visit_series -> patients (patient_id));
diesel::joinable!(visits -> organisations (organisation_id));
diesel::joinable!(visits -> patients (patient_id));
diesel::joinable!(visits -> task_versions (task_version_id));
diesel::joinable!(visits -> visit_windows (window_id));
diesel::joinable!(visits -> staff_members (staff_member_id));
diesel::joinable!(visits -> visit_series (series_id));
diesel::joinable!(visit_outcomes -> visits (visit_id));
diesel::joinable!(visit_documents -> documents (document_id));
diesel::joinable!(visit_documents -> visits (visit_id));
diesel::joinable!(visit_events -> visits (visit_id));
diesel::joinable!(visit_steps -> visits (visit_id));
diesel::joinable!(visit_photos -> visit_steps (visit_step_id));
diesel::joinable!(visit_proofs -> visits (visit_id));
diesel::joinable!(visit_late_forms -> visits (visit_id));
diesel::joinable!(visit_links -> visits (visit_id));
diesel::joinable!(visit_letters -> visits (visit_id));
diesel::joinable!(visit_messages -> organisations (organisation_id));
diesel::joinable!(visit_batches -> organisations (organisation_id));
diesel::joinable!(visit_batch_items -> visit_batches (batch_id));
diesel::joinable!(visit_batch_items -> visits (visit_id));
diesel::joinable!(day_plans -> organisations (organisation_id));
diesel::joinable!(day_plan_stops -> day_plans (day_plan_id));
diesel::joinable!(day_plan_stops -> staff_members (staff_member_id));
diesel::joinable!(day_plan_stops -> visits (visit_id));
diesel::joinable!(booked_visits -> organisations (organisation_id));
diesel::joinable!(booked_visits -> connections (connection_id));
diesel::joinable!(booked_visits -> residents (resident_id));
diesel::joinable!(booked_visit_events -> booked_visits (booked_visit_id));
diesel::joinable!(visit_services -> connections (connection_id));
diesel::joinable!(visit_services -> organisations (organisation_id));
diesel::joinable!(heard_events -> connections (connection_id));
diesel::joinable!(home_addresses -> places (place_id));

diesel::allow_tables_to_appear_in_same_query!(
    accounts,
    activations,
    activities,
    approval_links,
    approval_places,
    approvals,
    audit_events,
    audit_heads,
    bereavements,
    authenticators,
    connection_homes,
    connection_tokens,
    connections,
    consents,
    digest_choices,
    digests,
    draft_steps,
    documents_refused,
    email_changes,
    daily_letters,
    external_records,
    family_settings,
    field_sources,
    home_contacts,
    installation,
    invitation_links,
    invitations,
    half_sign_ins,
    known_browsers,
    late_forms,
    late_parts,
    letters,
    mail_troubles,
    membership_places,
    memberships,
    organisations,
    pairings,
    parked,
    participations,
    passkey_ceremonies,
    passkeys,
    permission_presets,
    pin_tries,
    pins,
    places,
    recovery_codes,
    recovery_sheets,
    refusals,
    relative_tasks,
    relatives,
    resident_letters,
    reset_requests,
    resets,
    resident_overrides,
    residents,
    run_changes,
    run_problems,
    run_drafts,
    run_snapshots,
    secret_checks,
    sessions,
    shared_devices,
    shared_sessions,
    staff_members,
    suggestions,
    sync_runs,
    task_reads,
    monitoring_devices,
    monitoring_events,
    monitoring_settings,
    monitoring_thresholds,
    timeline_choices,
    timeline_codes,
    timeline_defaults,
    timeline_entries,
    timeline_pauses,
    unpaired,
    vendor_messages,
    vendor_services,
    staff_places,
    place_aliases,
    status_types,
    appointment_series,
    appointments,
    signature_images,
    session_notes,
    note_versions,
    appointment_sessions,
    note_proposals,
    therapy_settings,
    note_pulls,
    mapping_rules_off,
    mapping_reasons,
);

// Appointments of patients: apart, since each pair of tables costs the compiler time.
diesel::allow_tables_to_appear_in_same_query!(
    api_keys,
    booked_visits,
    coverage_areas,
    day_plan_stops,
    day_plans,
    idempotency_keys,
    patients,
    practitioner_skills,
    practitioners,
    shifts,
    skills,
    staff_members,
    documents,
    task_documents,
    task_skills,
    task_steps,
    task_versions,
    tasks,
    visit_batch_items,
    visit_batches,
    visit_documents,
    visit_events,
    visit_letters,
    visit_links,
    visit_messages,
    visit_outcomes,
    visit_photos,
    visit_proofs,
    visit_late_forms,
    visit_series,
    visit_steps,
    visit_windows,
    visits,
    webhook_deliveries,
    webhook_endpoints,
    webhook_events,
);
diesel::allow_tables_to_appear_in_same_query!(patients, accounts);
diesel::allow_tables_to_appear_in_same_query!(booked_visits, residents);
diesel::allow_tables_to_appear_in_same_query!(booked_visits, connections);
diesel::allow_tables_to_appear_in_same_query!(booked_visits, visit_services);
diesel::allow_tables_to_appear_in_same_query!(visit_services, connections);
diesel::allow_tables_to_appear_in_same_query!(visits, organisations);
diesel::allow_tables_to_appear_in_same_query!(patients, organisations);
diesel::allow_tables_to_appear_in_same_query!(practitioners, organisations);
diesel::allow_tables_to_appear_in_same_query!(tasks, organisations);
diesel::allow_tables_to_appear_in_same_query!(visit_windows, organisations);
diesel::allow_tables_to_appear_in_same_query!(webhook_endpoints, organisations);
diesel::allow_tables_to_appear_in_same_query!(documents, organisations);
