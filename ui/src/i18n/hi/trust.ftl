### सुरक्षा अंक, पहुँच का विवरण, एक-दूसरे के लिए सँभाले पत्र।

# सुरक्षा अंक।
safety-title = सुरक्षा अंक
safety-hint = जब तक बीच में कोई नहीं है, आप और { $name } वही 60 अंक देखते हैं। मिलकर या फ़ोन पर मिलाएँ, Kith से भेजकर नहीं।
safety-digits = { $name } के साथ सुरक्षा अंक
safety-qr = सुरक्षा अंक क्यूआर कोड में
safety-copy = अंक कॉपी करें
safety-loading = अंक आ रहे हैं
safety-field = जो { $name } को दिखता है
safety-field-hint = उनके अंक या कोड चिपकाएँ
safety-compare = मिलाएँ
safety-same = वही हैं: आपके और { $name } के बीच कोई नहीं है।
safety-different = अलग हैं। या तो ये अंक किसी और बातचीत के हैं, या बीच में कोई है। कुछ निजी न लिखें और { $name } से मिलकर पूछें।
safety-unusable = ये न 60 अंक हैं, न सुरक्षा कोड। { $name } से फिर कॉपी करने को कहें।
safety-mark = वही हैं: सत्यापित मानें
safety-verified-on = सत्यापित: { $time }
safety-take-back = वापस लें
safety-compare-offer = सुरक्षा अंक मिलाएँ
verified-name = { $name }, सत्यापित
verified-tip = आपने सुरक्षा अंक मिलाए हैं: आपके और { $name } के बीच कोई नहीं है।

# संदेश कहाँ तक पहुँचा।
message-details = पहुँच का विवरण
ledger-written = लिखा गया: { $time }
ledger-loading = विवरण आ रहा है
ledger-device = { $name } का डिवाइस
ledger-device-marked = { $name } का डिवाइस { $mark }
ledger-device-gone = { $name } का पुराना डिवाइस ({ $mark })
ledger-pending = इस कंप्यूटर पर सहेजा जा रहा है
ledger-waiting = अभी किसी को नहीं सौंपा गया। इस डिवाइस तक पहुँचते ही जाएगा।
ledger-held = एक मित्र के कंप्यूटर पर मुहरबंद रखा है; { $amount } में समय बीत जाएगा
ledger-delivered = पहुँचा: { $time }। अभी पढ़ा नहीं गया।
ledger-delivered-read = पहुँचा: { $time }
ledger-read = पढ़ा गया: { $time }
ledger-none = { $name } का कोई डिवाइस अभी मालूम नहीं। पहली बार मिलते ही जाएगा।
ledger-unknown = इनका कोई डिवाइस अभी मालूम नहीं। पहली बार मिलते ही जाएगा।
ledger-group = { $all } में से { $delivered } तक पहुँचा, { $read } ने पढ़ा
ledger-hint = कोई टिक तभी दिखती है जब वह डिवाइस ख़ुद पुष्टि कर दे। यह सूची अपने आप बदलती रहती है।
moment-day = { $day }, { $time }

# एक-दूसरे के लिए सँभाले पत्र।
settings-carrying = मित्रों के पत्र
settings-carrying-hint = कौन किसके संदेश सँभालता है
carrying-intro = जब कोई एक दूर हो, मित्र एक-दूसरे के मुहरबंद पत्र सँभालते हैं। वे उन्हें खोल नहीं सकते।
carrying-ours = आपके पत्र कौन सँभालता है
carrying-ours-hint = आपके दूर रहते जो आपको लिखा जाता है, वह वहाँ रुकता है और आप तक पहुँचता है, चाहे आप और लिखने वाले कभी साथ ऑनलाइन न हों।
carrying-ours-none = अभी कोई नहीं।
carrying-choose = मित्र चुनें
carrier-agreed = सहमत: { $size } तक, { $days ->
    [one] हर पत्र { $days } दिन
   *[other] हर पत्र { $days } दिन
}
carrier-waits = अभी सहमत नहीं हुए। उनके मानते ही शुरू होगा।
carrier-offers = आपके पत्र सँभालने को तैयार हैं
carrier-no = आपके पत्र नहीं सँभालते
carrying-theirs = आप किनके पत्र सँभालते हैं
carrying-theirs-hint = उनके पत्र इस डिस्क पर थोड़ी जगह लेते हैं। आपका Kith खुला रहने पर ही वे यहाँ छोड़े और यहाँ से लिए जा सकते हैं।
carrying-theirs-none = अभी किसी के नहीं।
carrying-theirs-off = बंद है: आप किसी के लिए कुछ नहीं सँभालते।
carrying-room = उनके लिए जगह
carrying-off = बंद
carrying-days = हर पत्र अधिक से अधिक
carrying-held = कुल { $size }
mailbox-empty = अभी कुछ नहीं है
mailbox-holds = { $count ->
    [one] { $count } पत्र, { $size }
   *[other] { $count } पत्र, { $size }
}
mailbox-none = आप उनके पत्र नहीं सँभालते
mailbox-item = { $size }, { $time } से; { $amount } में समय बीत जाएगा
mailbox-more = { $count ->
    [one] और { $count } पत्र
   *[other] और { $count } पत्र
}
mailbox-drop = हटा दें
mailbox-drop-of = जो { $name } के लिए रुका है, हटा दें
mailbox-drop-all = सब हटा दें
mailbox-dropped = हटा दिया गया
choose-carrier-title = आपके पत्र कौन सँभाले?
choose-carrier-hint = उन्हें बताया जाता है, और उनके मानते ही शुरू होता है। दूसरों को पता चलता है कि पत्र किसके पास छोड़ें।
choose-carried-title = आप किनके पत्र सँभालें?
choose-carried-hint = उन्हें बताया जाता है कि आप तैयार हैं। भीतर क्या है, आप कभी नहीं देखते।
choose-none = चुनने को और कोई नहीं है।
person-letters = जब आपमें से कोई दूर हो, तब के पत्र
person-carries = { $name } आपके पत्र सँभालते हैं
person-carried = आप उनके पत्र सँभालते हैं
person-reachable = { $name } के दूर रहते आपका लिखा उनके किसी मित्र के यहाँ रुक सकता है।
offer-both = जब आपमें से कोई दूर हो, तो एक-दूसरे के मुहरबंद पत्र सँभालें? आपमें से कोई उन्हें खोल नहीं सकता।
offer-answer = आपके दूर रहते { $name } आपके मुहरबंद पत्र सँभालने को तैयार हैं। क्या आप दोनों एक-दूसरे के लिए यह करें?
offer-yes = हाँ, हम दोनों
offer-no = अभी नहीं

size-b = { $size } B
size-kb = { $size } kB
size-mb = { $size } MB
size-gb = { $size } GB
