from db.passwords import LENGTH, generate_password, hash_password, verify_password
from db.seats import seat_password


def test_a_generated_password_has_three_classes_and_no_misread_letter() -> None:
    for _ in range(200):
        word = generate_password()
        assert len(word) == LENGTH
        assert any(c.islower() for c in word)
        assert any(c.isupper() for c in word)
        assert any(c.isdigit() for c in word)
        assert not set(word) & set("0O1lI")


def test_a_hash_fits_its_password_only() -> None:
    hashed = hash_password("Ab3-正确")
    assert hashed.startswith("$argon2id$")
    assert verify_password("Ab3-正确", hashed)
    assert not verify_password("Ab3-错误", hashed)


def test_a_seat_password_is_the_agreed_one() -> None:
    # Reckoned with `printf 'seat:1001w' | openssl dgst -sha256 -hmac secret`.
    assert seat_password("secret", "1001w") == "b27423cf8ef8fb50a44db006"
    assert seat_password("secret", "1001") != seat_password("secret", "1001w")
