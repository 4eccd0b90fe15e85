// Generated from sync/rejoint_sync/records by `make types`.

export const FORMS = {
  "session": [
    "ev",
    {
      "day": "d",
      "performed_at": "n0,1099511627776",
      "plan?": "s64",
      "done": "=all/=some/=none",
      "items": [
        {
          "exercise": "s400",
          "sets_done": "n0,20",
          "reps_done?": "n0,200",
          "load?": "s40",
          "effort?": "n0,10/=not_said",
          "reason?": "=too_hard/=pain/=not_understood/=no_time"
        },
        40
      ],
      "pain": {
        "before?": "n0,10/=not_said",
        "worst?": "n0,10/=not_said",
        "after?": "n0,10/=not_said"
      },
      "effort?": "n0,10/=not_said",
      "reason?": "=too_hard/=pain/=not_understood/=no_time"
    }
  ],
  "pain": [
    "ev",
    {
      "day": "d",
      "performed_at": "n0,1099511627776",
      "context": "=morning/=now",
      "score": "n0,10/=not_said"
    }
  ],
  "note": [
    "nt",
    {
      "text": "s4000",
      "about?": [
        "s64",
        50
      ]
    }
  ],
  "plan": [
    "pl",
    {
      "title": "s80",
      "parents": [
        "s64",
        20
      ],
      "days_per_week": "n1,7",
      "items": [
        {
          "exercise": "s400",
          "sets": "n1,10",
          "reps?": "n1,100",
          "time_s?": "n5,3600",
          "hold_s": "n0,120",
          "rest_s": "n0,600",
          "side": "=both/=left/=right/=each",
          "load?": "s40",
          "note?": "s400"
        },
        20
      ],
      "pain_rule?": {
        "go_max": "n0,10",
        "slow_max": "n0,10",
        "usual?": "n0,10"
      },
      "start?": "d",
      "lessons?": [
        "s400",
        52
      ],
      "reminder?": {
        "times": [
          "s400",
          2
        ],
        "weekdays": [
          "n1,7",
          7
        ]
      },
      "reason?": "=progress/=too_hard/=pain/=other"
    }
  ],
  "profile": [
    "pr",
    {
      "about": "=member/=clinic",
      "member?": "s400",
      "name": "s80"
    }
  ],
  "amend": [
    "ev",
    {
      "target": "s64",
      "values": "o",
      "drop?": [
        "s400",
        40
      ]
    }
  ],
  "void": [
    "ev",
    {
      "target": "s64",
      "reason?": "=mistake/=hidden/=someone_else"
    }
  ],
  "set": [
    "pr",
    {
      "about": "=member/=clinic",
      "member?": "s400",
      "values": "o"
    }
  ],
  "attachment": [
    "at",
    {
      "about?": "s64",
      "media": "s400",
      "name?": "s120",
      "part?": "n0,9007199254740991",
      "parts?": "n1,64",
      "seconds?": "n0,3600",
      "size": "n0,67108864",
      "sha256": "s400",
      "key": "s400",
      "chunks": [
        "s400",
        1025
      ]
    }
  ],
  "check": [
    "ev",
    {
      "day": "d",
      "performed_at": "n0,1099511627776",
      "texts": "s400",
      "answers": [
        {
          "question": "s400",
          "answer": "=yes/=no/=not_sure"
        },
        40
      ],
      "advice": "=emergency/=same_day/=tell_first/=none"
    }
  ],
  "goal": [
    "ev",
    {
      "day": "d",
      "activity?": "s120"
    }
  ],
  "goal_score": [
    "ev",
    {
      "goal": "s64",
      "day": "d",
      "performed_at": "n0,1099511627776",
      "score": "n0,10/=not_said"
    }
  ],
  "peg": [
    "ev",
    {
      "day": "d",
      "performed_at": "n0,1099511627776",
      "pain": "n0,10/=not_said",
      "enjoyment": "n0,10/=not_said",
      "activity": "n0,10/=not_said"
    }
  ],
  "message": [
    "ev",
    {
      "text?": "s2000",
      "reply_to?": "s64",
      "about?": [
        "s64",
        50
      ]
    }
  ],
  "heard": [
    "ev",
    {
      "targets": [
        "s64",
        200
      ]
    }
  ],
  "lesson": [
    "ev",
    {
      "card": "s400",
      "day": "d",
      "performed_at": "n0,1099511627776",
      "answer": "s400"
    }
  ],
  "consent": [
    "ev",
    {
      "notice": "s400",
      "version": "s400",
      "language": "s400",
      "choices": "o",
      "day": "d",
      "performed_at": "n0,1099511627776",
      "given_by": "=self/=caregiver"
    }
  ],
  "wish": [
    "ev",
    {
      "wish": "=pause/=go_on/=stop/=withdraw/=erase",
      "day": "d",
      "until?": "d",
      "reason?": "=better/=too_hard/=pain/=no_time/=away/=other"
    }
  ],
  "clock": [
    "ev",
    {
      "first": "n1,999999",
      "last": "n1,999999",
      "shift_s": "n-8589934592,8589934592",
      "measured_at": "n0,1099511627776"
    }
  ],
  "contacts": [
    "pr",
    {
      "emergency?": "s400",
      "contacts": [
        {
          "name": "s80",
          "phone": "s400",
          "hours?": "s80"
        },
        6
      ]
    }
  ],
  "approval": [
    "pr",
    {
      "texts": "s400",
      "version": "s400",
      "language": "s400",
      "approved": "b",
      "name": "s80",
      "profession?": "s80"
    }
  ]
} as const;
