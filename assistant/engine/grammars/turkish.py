"""How Turkish says that something has been done."""

from .grammar import Lexicon, Stems, words

GRAMMAR = Stems(
    acts={
        "booked": (
            r"(?:randevu\w*|rezervasyon\w*|kayd\w+|kayıt\w*|masa\w*|yer\w*|oda\w*|koltuk\w*|biletiniz|seans\w*"
            r"|görüşme\w*)(?: \S+){0,7}? (?:oluşturul|onaylan|yapıl|alın|ayrıl|ayarlan|kesinleş|tamamlan|kaydedil"
            "|rezerve edil|planlan|yazıl|düzenlen|hazır|gerçekleştiril)(?:dı|di|du|dü|mış|miş|muş|müş|mıştır|miştir"
            r"|muştur|müştür)\w*|(?:randevu\w*|rezervasyon\w*|kayd\w+|masa\w*|yer\w*|sizi|oda\w*"
            r"|seans\w*)(?: \S+){0,7}? (?:oluştur|onayla|yap|al|ayır|ayırt|ayarla|kaydet|planla|yaz|rezerve et|tut"
            r"|ekle|düzenle)(?:dım|dim|dum|düm|tım|tim|tum|tüm|dık|dik|duk|dük|tık|tik|tuk|tük)\b|(?:randevu\w*"
            r"|rezervasyon\w*|yer\w*)(?: \S+){0,2}? (?:hazır|onaylı|kesin|tamam|garantilendi)\w*|\b(?:kaydoldunuz"
            r"|kaydınız tamam)\b"
        ),
        "cancelled": r"iptal (?:ettim|ettik|edildi|edilmiştir|oldu|edilmiş bulunuyor)|sil(?:dim|dik|indi)\b",
        "rescheduled": (
            r"(?:randevu\w*|rezervasyon\w*)(?: \S+){0,5}? (?:ertele|değiştir|taşı|kaydır|güncelle|öne al|çek)(?:dim"
            r"|dım|dik|dık|ndi|ndı|ildi|ıldı|ndı|nmıştır|nmiştir|ilmiştir|tim|tik)\w*"
            r"|randevunuz(?: \S+){0,3}? (?:alındı|kaydırıldı|taşındı|aldım)\b"
        ),
        "sent": (
            "(?:gönder|ilet|yolla|bildir|haber ver|aktar)(?:dim|dik|ildi|ilmiştir|tim|tik|dım|dık|ndı|nmıştır|ıldı"
            r"|ildi)\b|bilgilendir(?:dim|dik|ildi)\b|(?:e-posta|mail|mesaj|onay)(?: \S+){0,3}? (?:yolda|ulaşacak\w*"
            r"|gelecek\w*|alacaksınız)\b"
        ),
        "done": (
            "(?:güncelle|ekle|sil|kaydet|oluştur|tamamla|başlat)(?:dim|dım|dik|dık|ndi|ndı|ildi|tim|tım|dum|duk"
            r"|uldu)\b|\A\W*(?:tamamdır?|hallettim|hallettik|oldu|bitti|halloldu|her şey hazır|tamam, hazır)\W*\Z"
        ),
    },
    denied=(
        r"\b(?:değil\w*|henüz|yok|hayır|ister\w*|lütfen|mi|mı|mu|mü|miyim|mıyım|musunuz|mısınız|misiniz|abilir\w*"
        r"|ebilir\w*|için \w*ihtiyac\w*|her zaman|genellikle|maalesef|dolu|önceden|başkası\w*|fiyat\w*|taşındık)\b"
        r"|\b\w{1,20}(?:ma|me)(?:dı|di|dım|dim|dık|dik|mış|miş)\w*|\b\w{1,20}(?:abilir|ebilir|amaz|emez|amadı|emedi|amıyor"
        r"|emiyor)\w*|\b\w{1,20}(?:acak|ecek|ayım|eyim|malı|meli)\w*(?!sınız|siniz)|geçen yıl|(?:hastalar"
        r"|müşteriler)\w* için|hastalara|(?<!\d)(?:19|20)\d\d(?!\d)"
    ),
    condition=(
        # "before it", not "five minutes ago" or "in the afternoon"
        r"(?<!\S)(?!(?:öğle|dakika|saat|gün|hafta|az|biraz|demin|hemen|yemek|\d)\S* )\S+ (?:önce|sonra)\b|"
        r"\b(?:eğer|\w+(?:dığında|diğinde|duğunda|düğünde|tığında|tiğinde)|\w+(?:dıktan|dikten|duktan|dükten"
        r"|tıktan|tikten) sonra|\w+(?:ınca|ince|unca|ünce)"
        r"|(?!masanız|kursa\b|derse\b)\w+(?:arsanız|erseniz|ırsanız|irseniz|sanız|seniz|rsa"
        r"|rse)|\w+(?:[ae]na|[ae]ne|nc[ae]y[ae]) kadar|\w+(?:dıysa|diyse|duysa|düyse|tıysa|tiyse)\w*)\b"
    ),
    weak=(
        r"\b(?:artık sizin|başardım|başardık|ulaştı|ulaşmıştır|tamamlandı|gerçekleşti|alındı|ayarlandı|yolda)\b|"
        r"\b(?:görüşmek üzere|görüşürüz|bekliyoruz|bekleriz|sizi bekl\w+|randevunuz var|tamamdır?|hallettim"
        r"|halledildi|ayrıldı|hazır|onaylandı|onaylı|sizin|randevunuz|rezervasyonunuz|alacaksınız)\b"
    ),
    perfect_future=r"(?:mış|miş|muş|müş) olacak",
    nouns=r"(?<!\w)(?:randevu|rezervasyon|masanız|masa|onay|mesajınız|talebiniz|kaydınız|yeriniz|iptal|iade|e-posta)\w*",
)

LEXICON = Lexicon(
    days=(
        r"pazartesi\w*",
        r"salı\w*",
        r"çarşamba\w*",
        r"perşembe\w*",
        r"(?<!\w)cuma(?!rtesi)\w*",
        r"cumartesi\w*",
        r"pazar(?!tesi)\w*",
    ),
    soon="bugün|yarın|bu akşam",
    at="saat",
    free=(
        r"müsait\w*|uygun\w*|boş\w*|açık\w*|açığız|kapalı\w*|öner\w+|mi|mı|mu|mü|musunuz|misiniz|veya|ya da"
        r"|arası\w*|arasında|kadar|başlar|başlıyor|sürer|ders\w*|kurs\w*|dolu\w*|bakıyorum|son|ilk|her|eğer|lütfen"
        r"|tutuyorum|ister\w*|henüz"
    ),
    done="onaylandı|onaylı|rezerve edildi|ayrıldı|alındı|oluşturuldu|iptal edildi|tamamlandı|yapıldı|kesinleşti",
    status=r"durum\w*|randevu|rezervasyon",
    reference=r"(?:(?:rezervasyon|randevu|onay|sipariş|referans|talep) )?(?:numara\w*|kod\w*|no)|referans",
    details=r"tarih|gün|saat|ne zaman|yer|hizmet|isim|ad|kişi\w*|süre|fiyat|masa|oda",
    confirmation="(?:randevu|rezervasyon) (?:onayı|onaylandı|bilgileri|detayları)|onay",
    again="ayrıca|da|de|ikinci|başka|diğer|her iki|iki",
    words=words(
        "artık şu bugün yarın şimdi az sizi bana sana ona onu onun bizim benim senin adına adınıza adı geri öne yeni son"
        " ilk iki üç dört beş altı yedi sekiz on arası başka yalnızca sadece önceden genellikle ister üstü içinde üzere"
        " diye hem ya beri arasında tam aynı hiç pazartesi salı çarşamba perşembe cuma cumartesi pazar bey hanım kişi"
        " numara numaralı oldu edildi verdi aldım alır yapar verir gelir eder edilir bulunur olmalı gerekir yaklaşık"
        " dakika saat gün sürer her ve bir bu için ile de da mi mı mu mü ne var yok çok daha en olarak gibi kadar sonra"
        " önce size siz sizin ben biz lütfen merhaba evet hayır teşekkürler nasıl hangi olan olur veya ama şey adınız"
        " değil istediğiniz randevu randevunuz"
    ),
)
